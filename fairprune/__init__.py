"""fairprune: data pruning that keeps every class.

Letters, the same everywhere: N examples, K classes, T epochs, B batch, S seeds, D dimensions of
an embedding. A *density* is the share of the training set kept, a *class density* that of a
class, a *quota* the integer number kept of a class, a *score* one number per example of which
the higher are kept first.

The functions here need neither Snakemake nor torch, and take NumPy arrays and torch tensors.
"""

from fairprune import scores
from fairprune.allocation import metriq, quotas
from fairprune.index_sets import load_pruned, load_pruned_ids
from fairprune.metrics import fairness
from fairprune.recorder import Recorder
from fairprune.rounds import closed_loop
from fairprune.selection import prune
from fairprune.version import __version__

__all__ = [
    "Recorder",
    "__version__",
    "closed_loop",
    "fairness",
    "load_pruned",
    "load_pruned_ids",
    "metriq",
    "prune",
    "quotas",
    "scores",
]
