"""Algorithm 1 of the paper (MetriQ), round by round in exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction


def metriq_rounds(
    error: list[Fraction], counts: list[int], density: Fraction, *, by_size: bool = False
) -> list[Fraction]:
    """Class densities from the loop over rounds.

    Parameters
    ----------
    error : list of K Fractions
        ``1 - r_k``.
    counts : list of K ints
        ``N_k``, positive.
    density : Fraction
        Share kept; the classes with errors must be able to hold it.
    by_size : bool, default=False
        The authors' code: sizes, not densities, in proportion to the errors.
    """
    weight = [e / n if by_size else e for e, n in zip(error, counts, strict=True)]
    share = [Fraction(0)] * len(counts)
    unsaturated = set(range(len(counts)))
    excess = density * sum(counts)
    while excess > 0:
        z = sum(counts[k] * weight[k] for k in unsaturated) / excess
        for k in sorted(unsaturated):
            share[k] += weight[k] / z
            excess -= counts[k] * weight[k] / z
            if share[k] > 1:
                excess += counts[k] * (share[k] - 1)
                share[k] = Fraction(1)
                unsaturated.remove(k)
    return share
