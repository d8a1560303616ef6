"""How long a model trains, and its learning rate.

Smaller pruned sets train for more epochs in the authors' code, so that the number of
optimisation steps shrinks only to ``0.5 + 0.5 d`` of the full one::

    epochs(d) = floor((0.5 + 0.5 d) * E / d)
    drop(d)   = floor(drop * epochs(d) / E)

The drop epochs are scaled by the whole number of epochs, as in that code. The paper's text does
not say so. This rule is called ``steps`` and is the default; ``fixed`` keeps the epochs of the full
data set. The floors are taken of exact rational numbers: 0.1 means one tenth.

In the paper, the learning rate drops after given epochs. A second shape, ``one_cycle`` (Smith and
Topin 2019), is a triangle over all steps of the training::

    rate(x) = peak * x / w                        x < w
    rate(x) = peak * (1 - (1 - f) (x - w) / (1 - w))    otherwise

The third, ``cosine`` (Loshchilov and Hutter 2017), rises in the same way and then falls as

    rate(x) = peak * (f + (1 - f) (1 + cos(pi (x - w) / (1 - w))) / 2)

where w is ``warmup_share``, f is ``final_share``, and x is the middle of the step, as a share of
the training: ``(step + 1/2) / steps`` for steps from 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

SCHEDULE_KEYS = (  # those of `training` in the configuration that say how long and how fast
    "epochs",
    "epochs_rule",
    "schedule",
    "drops",
    "drop_factor",
    "warmup_share",
    "final_share",
)


@dataclass(frozen=True)
class Schedule:
    """Number of epochs, and how the learning rate changes.

    Attributes
    ----------
    epochs : int
    drops : tuple of int
        Epochs after which the learning rate drops.
    drop_factor : float
        What the learning rate is multiplied by at each drop.
    shape : {"drops", "one_cycle", "cosine"}
    warmup_share, final_share : float
        For the other two shapes: the share of all steps in which the learning rate rises, and the
        share of the peak that it falls to.
    """

    epochs: int
    drops: tuple[int, ...] = ()
    drop_factor: float = 0.2
    shape: str = "drops"
    warmup_share: float = 0.2
    final_share: float = 0.0

    @classmethod
    def of(cls, training: Mapping[str, Any]) -> Schedule:
        """Make the schedule of a ``training`` entry of the configuration."""
        renamed = {"shape" if key == "schedule" else key: v for key, v in training.items()}
        values = {field.name: renamed[field.name] for field in fields(cls) if field.name in renamed}
        return cls(**{**values, "drops": tuple(values.get("drops", ()))})

    def scaled(self, factor: Fraction) -> Schedule:
        """Multiply all epochs by ``factor``, rounded down but at least 1: no drop comes first."""
        epochs, *drops = (max(1, int(factor * each)) for each in (self.epochs, *self.drops))
        return replace(self, epochs=epochs, drops=tuple(drops))

    def at_density(self, density: float, rule: str = "steps") -> Schedule:
        """The schedule for a training set pruned to ``density``.

        Examples
        --------
        >>> shorter = Schedule(160, (80, 120)).at_density(0.5)
        >>> shorter.epochs, shorter.drops
        (240, (120, 180))
        >>> Schedule(160, (80, 120)).at_density(0.5, "fixed").epochs
        160
        """
        if rule == "fixed":
            return self
        exact = Fraction(str(density))
        epochs = int((1 + exact) / (2 * exact) * self.epochs)
        drops = tuple(drop * epochs // self.epochs for drop in self.drops)
        return replace(self, epochs=epochs, drops=drops)

    def learning_rates(self, epoch: int, n_steps: int, peak: float) -> list[float]:
        """Learning rates of the steps of a 1-based epoch.

        Parameters
        ----------
        epoch, n_steps : int
            The epoch, and the number of steps in each.
        peak : float
            The learning rate before any drop, or at the top of the triangle.

        Examples
        --------
        >>> Schedule(2, (1,)).learning_rates(2, n_steps=2, peak=1.0)
        [0.2, 0.2]
        >>> Schedule(2, shape="one_cycle", warmup_share=0.5).learning_rates(2, 2, peak=1.0)
        [0.75, 0.25]
        """
        if self.shape == "drops":
            n_drops = sum(epoch > drop for drop in self.drops)
            return [peak * self.drop_factor**n_drops] * n_steps
        first, total = (epoch - 1) * n_steps, self.epochs * n_steps
        return [peak * self._height((first + i + 0.5) / total) for i in range(n_steps)]

    def _height(self, position: float) -> float:
        """Share of the peak at a position in [0, 1]."""
        warmup = self.warmup_share
        if position < warmup:
            return position / warmup
        fallen = (position - warmup) / (1 - warmup)
        if self.shape == "cosine":
            fallen = (1 - math.cos(math.pi * fallen)) / 2
        return 1 - (1 - self.final_share) * fallen
