"""The record of your own training, from which every trajectory score is computed.

recorder = fairprune.Recorder(len(dataset))
for epoch in range(epochs):
    for index, inputs, labels in loader:
        logits = model(inputs)
        ...
        recorder.update(index, logits, labels)
    recorder.end_epoch()
scores = fairprune.scores.forgetting(recorder.record().train.correct)
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_array, as_integers
from fairprune._validation import check, check_integer
from fairprune.algorithms.outputs import Outputs, read_logits
from fairprune.library.series import ClassLosses, Steps, check_finite, fill_first_epochs, stacked
from fairprune.training.record import VIEWS, Record, View, ViewName

Missing = Literal["error", "previous"]
_ENTERED = 1 << 20  # logits that wait before they are entered at once


class Recorder:
    """Remembers what a classifier says of each training example in each epoch.

    Logits may be NumPy arrays or torch tensors on any device. Detached copies wait on that device
    and are entered many batches at a time, so that no step waits for a GPU.

    Parameters
    ----------
    n_examples : int
        Size N of the training set.
    missing : {"error", "previous"}, default="error"
        How to treat an example that an epoch did not present, for instance under ``drop_last``:
        raise an error, or repeat its outputs of the epoch before. Epochs before its first
        presentation take the outputs of that presentation.
    kl_step : bool, default=False
        Whether to record how far the outputs in training minibatches move from epoch to epoch,
        for ``tdds``. This holds the log-probabilities of two epochs, 2 N K float32.

    Attributes
    ----------
    n_epochs : int
        Epochs that have ended.

    Examples
    --------
    >>> recorder = Recorder(2)
    >>> for logits in ([[2, 0], [0, 1]], [[0, 2], [0, 1]]):
    ...     recorder.update([0, 1], logits, labels=[0, 1])
    ...     recorder.end_epoch()
    >>> recorder.record().train.correct.tolist()
    [[True, True], [False, True]]
    """

    def __init__(
        self, n_examples: int, *, missing: Missing = "error", kl_step: bool = False
    ) -> None:
        self.n_examples = check_integer("n_examples", n_examples, minimum=1)
        check("missing", missing, Missing)
        self.missing = missing
        self._labels = np.full(n_examples, -1, np.int64)
        self._n_classes = 0
        self.n_epochs = 0
        self._rows: dict[str, list[tuple[int, Outputs]]] = {}
        self._open: dict[str, tuple[np.ndarray, Outputs]] = {}  # examples seen, and the row
        self._waiting: list[tuple[str, dict[str, Any]]] = []
        self._n_waiting = 0
        self._steps = Steps(n_examples) if kl_step else None
        self._losses = ClassLosses()

    def update(
        self, index: ArrayLike, logits: ArrayLike, labels: ArrayLike, *, view: ViewName = "train"
    ) -> None:
        """Take the logits of a batch.

        Parameters
        ----------
        index : array_like of shape (B,)
            Positions of the examples in the training set, 0 to N - 1. An example presented twice
            in an epoch counts as it was the last time.
        logits : array_like of shape (B, K)
        labels : array_like of shape (B,)
        view : {"train", "evaluation"}, default="train"
            Outputs in the training minibatches, or those in eval mode after the epoch.
        """
        check("view", view, ViewName)
        self._wait(view, index=index, logits=logits, labels=labels)

    def update_validation(self, logits: ArrayLike, labels: ArrayLike) -> None:
        """Take the logits of a batch of validation examples, in eval mode after an epoch.

        Their mean cross-entropy per class becomes ``validation_loss``, which ``cld`` needs along
        with the evaluation view. If one epoch has them, every epoch needs them.

        Parameters
        ----------
        logits : array_like of shape (B, K)
        labels : array_like of shape (B,)
        """
        self._wait("validation", logits=logits, labels=labels)

    def drop_validation(self) -> None:
        """Forget the validation examples taken since the last epoch ended; others may follow."""
        self._enter()
        self._losses.drop()

    def drop_epoch(self) -> None:
        """Forget all since the last epoch ended, as when training stops within an epoch."""
        self._waiting, self._n_waiting = [], 0
        self._open.clear()
        self._losses.drop()
        if self._steps is not None:
            self._steps.drop()

    def end_epoch(self) -> None:
        """Close the epoch: each view that was updated in it gets a row.

        Raises
        ------
        ValueError
            If the epoch presented no example, if it missed one and ``missing`` is "error", or if
            it lacks the train view that ``kl_step`` needs, or if only some epochs had validation.
        """
        self._enter()
        if not self._open:
            raise ValueError(f"epoch {self.n_epochs + 1} ends without an update")
        for view, (seen, row) in self._open.items():
            if not seen.all():
                self._fill(view, ~seen, row)
        self._end_series()
        self.n_epochs += 1
        for view, (_, row) in self._open.items():
            self._rows.setdefault(view, []).append((self.n_epochs, row))
        self._open.clear()

    def record(self) -> Record:
        """What was recorded up to the last epoch that ended.

        Returns
        -------
        Record
            ``train`` and ``evaluation``, each with ``epochs (T,)`` and ``probability``,
            ``correct``, ``el2n``, ``margin`` of shape (T, N); None for a view never updated. The
            ``series`` hold ``kl_step`` and ``absolute_kl_step`` (T - 1, N), and
            ``validation_loss`` (T, K), where they were recorded.
        """
        views = {name: self._view(rows) for name, rows in self._rows.items()}
        if not views:
            raise ValueError("no epoch has ended: call end_epoch() after the updates of each")
        series = stacked(self._losses.rows) | stacked(self._steps.rows if self._steps else [])
        train, evaluation = views.get("train"), views.get("evaluation")
        return Record(self._labels.copy(), self._n_classes, train, evaluation, series)

    def state_dict(self) -> dict[str, Any]:
        """All that is recorded, as NumPy arrays and plain containers, for a checkpoint.

        ``torch.load`` reads a file that holds NumPy arrays only with ``weights_only=False``.
        """
        rows = {
            view: [(epoch, row._asdict()) for epoch, row in rows]
            for view, rows in self._rows.items()
        }
        about = {"n_classes": self._n_classes, "epoch": self.n_epochs}
        series = {"losses": list(self._losses.rows), "steps": self._steps and self._steps.state()}
        return {"labels": self._labels.copy(), "rows": rows, **about, **series}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume after the last epoch in a :meth:`state_dict`; an open epoch is dropped."""
        if len(state["labels"]) != self.n_examples:
            raise ValueError(
                f"the state is of {len(state['labels'])} examples, n_examples is {self.n_examples}"
            )
        if (state["steps"] is None) != (self._steps is None):
            raise ValueError(f"the state was recorded with kl_step={state['steps'] is not None}")
        if self._steps is not None:
            self._steps.restore(state["steps"])
        self._losses.rows = list(state["losses"])
        self._labels = np.array(state["labels"], np.int64)
        self._n_classes, self.n_epochs = state["n_classes"], state["epoch"]
        self._rows = {
            view: [(epoch, Outputs(**row)) for epoch, row in rows]
            for view, rows in state["rows"].items()
        }
        self.drop_epoch()

    def _wait(self, view: str, **batch: ArrayLike) -> None:
        """Hold a batch until enough of them wait to be entered."""
        parts = {name: _copy(part) for name, part in batch.items()}
        shapes = {name: tuple(part.shape) for name, part in parts.items()}
        if len({shape[:1] for shape in shapes.values()}) > 1 or not shapes["labels"]:
            all_shapes = list(shapes.values())
            raise ValueError(f"{', '.join(parts)} must be of one length, got shapes {all_shapes}")
        if len(shapes["logits"]) == 2:
            self._check_classes(shapes["logits"][1])
        self._waiting.append((view, parts))
        self._n_waiting += math.prod(shapes["logits"])
        if self._n_waiting >= _ENTERED:
            self._enter()

    def _enter(self) -> None:
        """Enter the batches that wait."""
        waiting, self._waiting, self._n_waiting = self._waiting, [], 0
        for view in (*VIEWS, "validation"):
            batches = [parts for of, parts in waiting if of == view]
            if not batches:
                continue
            arrays = {
                name: np.concatenate([as_array(name, parts[name]) for parts in batches])
                for name in batches[0]
            }
            if view == "validation":
                self._enter_validation(**arrays)
            else:
                self._enter_view(view, **arrays)

    def _enter_view(
        self, view: str, index: np.ndarray, logits: np.ndarray, labels: np.ndarray
    ) -> None:
        n = self.n_examples
        index = as_integers("index", index, length=len(logits), minimum=0, maximum=n - 1)
        check_finite(index, logits, f"epoch {self.n_epochs + 1} of the {view} view")
        outputs = read_logits(logits, labels)
        self._check_same(index, labels)
        empty = np.full((3, n), np.nan, np.float32)
        blank = Outputs(empty[0], np.zeros(n, bool), empty[1], empty[2])
        seen, row = self._open.setdefault(view, (np.zeros(n, bool), blank))
        for field, values in zip(row, outputs, strict=True):
            field[index] = values
        seen[index] = True
        if view == "train" and self._steps is not None:
            self._steps.enter(index, logits)

    def _enter_validation(self, logits: np.ndarray, labels: np.ndarray) -> None:
        read_logits(logits, labels)  # refuses invalid input
        self._losses.enter(logits, labels.astype(np.int64))

    def _end_series(self) -> None:
        """Close the rows of what is recorded besides views."""
        if self._steps is not None:
            if "train" not in self._open:
                raise ValueError(f"kl_step needs the train view in epoch {self.n_epochs + 1}")
            self._steps.end_epoch()
        self._losses.end_epoch()
        if len(self._losses.rows) not in (0, self.n_epochs + 1):
            raise ValueError(
                f"{len(self._losses.rows)} of {self.n_epochs + 1} epochs have had validation "
                "examples; update_validation() belongs into each, or into none"
            )

    def _check_classes(self, n_classes: int) -> None:
        if self._n_classes not in (0, n_classes):
            raise ValueError(f"logits have {n_classes} columns, earlier ones {self._n_classes}")
        self._n_classes = n_classes

    def _check_same(self, index: np.ndarray, labels: np.ndarray) -> None:
        """Refuse labels that differ from those of earlier updates."""
        new = self._labels[index] < 0
        self._labels[index[new]] = labels[new]
        known = self._labels[index]
        changed = np.flatnonzero(known != labels)
        if len(changed):
            i = changed[0]
            raise ValueError(
                f"example {index[i]} has label {int(labels[i])}, and {known[i]} in another batch; "
                "index must be the position in the whole training set"
            )

    def _fill(self, view: str, gaps: np.ndarray, row: Outputs) -> None:
        if self.missing == "error":
            first = int(np.argmax(gaps))
            hint = "give the loader drop_last=False, or the recorder missing='previous'"
            raise ValueError(
                f"epoch {self.n_epochs + 1} of the {view} view presented {(~gaps).sum()} of "
                f"{self.n_examples} examples, not example {first}; {hint}"
            )
        for _, earlier in self._rows.get(view, [])[-1:]:  # in the first epoch they stay NaN
            for field, before in zip(row, earlier, strict=True):
                field[gaps] = before[gaps]

    @staticmethod
    def _view(rows: list[tuple[int, Outputs]]) -> View:
        values = zip(*(row for _, row in rows), strict=True)
        fields = dict(zip(Outputs._fields, map(np.stack, values), strict=True))
        fill_first_epochs(fields)
        return View(np.array([epoch for epoch, _ in rows], np.int32), **fields)


def _copy(values: Any) -> Any:
    """A private copy, as an array or as a tensor on its own device."""
    return values.detach().clone() if hasattr(values, "detach") else np.array(values)
