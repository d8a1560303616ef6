"""What a recorder keeps of every epoch besides the fields of its views.

The definitions are those of :mod:`fairprune.training.series`, written in NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fairprune.algorithms.outputs import kl_steps, log_softmax


class Steps:
    """How far the outputs of N examples moved since the epoch before.

    Attributes
    ----------
    rows : list of dict of str to ndarray of shape (N,)
        ``kl_step`` and ``absolute_kl_step``, one per epoch, except the first.
    """

    def __init__(self, n_examples: int) -> None:
        self.rows: list[dict[str, np.ndarray]] = []
        self._n_examples = n_examples
        self._before = self._after = np.empty((0, 0), np.float32)

    def enter(self, index: np.ndarray, logits: np.ndarray) -> None:
        """Take the logits (B, K) of a batch."""
        if not self._after.size:
            shape = (self._n_examples, logits.shape[1])
            self._after = np.full(shape, np.nan, np.float32)
        self._after[index] = log_softmax(logits)

    def end_epoch(self) -> None:
        """Compare with the epoch before; an example that was not presented has not moved."""
        if self._before.size:
            steps = kl_steps(self._before, self._after)
            self.rows.append({name: np.nan_to_num(values) for name, values in steps.items()})
        spare = self._before if self._before.size else np.empty_like(self._after)
        np.copyto(spare, self._after)
        self._before, self._after = self._after, spare

    def drop(self) -> None:
        """Forget the epoch that has not ended."""
        self._after = self._before.copy()

    def state(self) -> dict[str, Any]:
        """The state for a checkpoint."""
        return {"rows": [dict(row) for row in self.rows], "before": self._before.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Resume after the last epoch that ended."""
        self.rows = [dict(row) for row in state["rows"]]
        self._before = np.array(state["before"], np.float32)
        self.drop()


class ClassLosses:
    """The mean cross-entropy of each class of the validation examples.

    Attributes
    ----------
    rows : list of dict of str to ndarray of shape (K,)
        ``validation_loss``, one per epoch; NaN for a class without examples.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, np.ndarray]] = []
        self._totals = self._counts = np.empty(0)

    def enter(self, logits: np.ndarray, labels: np.ndarray) -> None:
        """Take the logits (B, K) and labels (B,) of a batch."""
        n_classes = logits.shape[1]
        if not self._counts.size:
            self._totals, self._counts = np.zeros((2, n_classes))
        losses = -log_softmax(logits)[np.arange(len(labels)), labels]
        self._totals += np.bincount(labels, weights=losses, minlength=n_classes)
        self._counts += np.bincount(labels, minlength=n_classes)

    def end_epoch(self) -> None:
        """Close the row of an epoch, if it has presented anything."""
        if not self._counts.size:
            return
        means = np.full(len(self._counts), np.nan)
        np.divide(self._totals, self._counts, out=means, where=self._counts > 0)
        self.rows.append({"validation_loss": means.astype(np.float32)})
        self.drop()

    def drop(self) -> None:
        """Forget the epoch that has not ended."""
        self._totals = self._counts = np.empty(0)


def stacked(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Rows (n,) of T epochs as arrays (T, n), float32, by name."""
    return {name: np.stack([row[name] for row in rows]) for name in (rows[0] if rows else ())}


def fill_first_epochs(fields: dict[str, np.ndarray]) -> None:
    """Fill the outputs (T, N) before an example's first epoch with those of that epoch.

    Raises
    ------
    ValueError
        If there is an example that no epoch presented.
    """
    missing = np.isnan(fields["probability"])
    if missing[-1].any():
        raise ValueError(f"no epoch has presented example {int(np.argmax(missing[-1]))}")
    for t in reversed(range(len(missing) - 1)):
        for field in fields.values():
            field[t, missing[t]] = field[t + 1, missing[t]]


def check_finite(index: np.ndarray, logits: np.ndarray, where: str) -> None:
    """Refuse logits (B, K) that are not finite, and name the example, in any of many batches."""
    if logits.dtype.kind != "f" or np.isfinite(logits).all():
        return
    place = tuple(np.argwhere(~np.isfinite(logits))[0])
    raise ValueError(
        f"{where}: the logits of example {index[place[0]]} must be finite, got {logits[place]}; "
        "has the training diverged?"
    )
