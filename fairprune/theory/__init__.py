"""The paper's two-Gaussian mixture (section 4, appendix B): closed forms and simulation.

``mixture`` holds risks, optima and class proportions, ``crossings`` the steps of their proofs,
``ssp`` what pruning around the class means does to them, ``loop`` where the closed loop ends,
``isotropic`` the reduction of higher dimensions to one, and ``simulation`` the empirical risk
minimisers of pruned samples.
"""

from fairprune.theory.crossings import (
    density_crossings,
    log_density_ratio,
    minimax_crossing,
    risk_increases,
)
from fairprune.theory.isotropic import hyperplane_risks, reduce_isotropic
from fairprune.theory.loop import closed_loop_priors, largest_step
from fairprune.theory.mixture import (
    Mixture,
    average_optimum,
    average_risk,
    beats_constant_rules,
    class_risks,
    densities_crossing,
    log_class_risks,
    metriq_class_densities,
    metriq_priors,
    mixtures_of_separation,
    optimal_class_densities,
    optimal_priors,
    optimal_priors_attain,
    risk_minimiser,
    worst_class_optimum,
    worst_class_risk,
)
from fairprune.theory.simulation import (
    PRUNINGS,
    Simulation,
    fitted_thresholds,
    simulate,
    split_fits,
)
from fairprune.theory.ssp import (
    ssp_class_risks,
    ssp_margin,
    ssp_minima,
    ssp_priors,
    ssp_removed_mass,
)

__all__ = [
    "PRUNINGS",
    "Mixture",
    "Simulation",
    "average_optimum",
    "average_risk",
    "beats_constant_rules",
    "class_risks",
    "closed_loop_priors",
    "densities_crossing",
    "density_crossings",
    "fitted_thresholds",
    "hyperplane_risks",
    "largest_step",
    "log_class_risks",
    "log_density_ratio",
    "metriq_class_densities",
    "metriq_priors",
    "minimax_crossing",
    "mixtures_of_separation",
    "optimal_class_densities",
    "optimal_priors",
    "optimal_priors_attain",
    "reduce_isotropic",
    "risk_increases",
    "risk_minimiser",
    "simulate",
    "split_fits",
    "ssp_class_risks",
    "ssp_margin",
    "ssp_minima",
    "ssp_priors",
    "ssp_removed_mass",
    "worst_class_optimum",
    "worst_class_risk",
]
