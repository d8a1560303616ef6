"""How long a model trains and when its learning rate drops.

Smaller pruned sets train for more epochs in the authors' code, so that the number of
optimisation steps shrinks only to ``0.5 + 0.5 d`` of the full one::

    epochs(d) = floor((0.5 + 0.5 d) * E / d)
    drop(d)   = floor(drop * epochs(d) / E)

The drop epochs are scaled by the whole number of epochs, as in that code. The paper's text does
not say so; the rule is called ``steps`` and is the default, ``fixed`` keeps the epochs of the full
data set. The floors are taken of exact rational numbers: 0.1 means one tenth.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

EPOCH_RULES = ("steps", "fixed")


@dataclass(frozen=True)
class Schedule:
    """Number of epochs, and the epochs after which the learning rate drops."""

    epochs: int
    drops: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise ValueError(f"epochs must be at least 1, got {self.epochs}")

    def scaled(self, factor: Fraction) -> Schedule:
        """All epochs times ``factor``, rounded down, at least one epoch."""
        return Schedule(
            max(1, int(factor * self.epochs)), tuple(int(factor * drop) for drop in self.drops)
        )

    def at_density(self, density: float, rule: str = "steps") -> Schedule:
        """The schedule for a training set pruned to ``density``.

        Examples
        --------
        >>> Schedule(160, (80, 120)).at_density(0.5)
        Schedule(epochs=240, drops=(120, 180))
        >>> Schedule(160, (80, 120)).at_density(0.5, "fixed").epochs
        160
        """
        if rule not in EPOCH_RULES:
            raise ValueError(f"epochs_rule must be one of {', '.join(EPOCH_RULES)}, got {rule!r}")
        if not 0 < density <= 1:
            raise ValueError(f"density must be in (0, 1], got {density}")
        if rule == "fixed":
            return self
        exact = Fraction(str(density))
        epochs = int((1 + exact) / (2 * exact) * self.epochs)
        return Schedule(epochs, tuple(drop * epochs // self.epochs for drop in self.drops))

    def learning_rate(self, epoch: int, initial: float, drop_factor: float) -> float:
        """Learning rate of a 1-based epoch: one factor for each drop that lies before it."""
        return initial * drop_factor ** sum(epoch > drop for drop in self.drops)
