"""What a query training remembers of each example and epoch.

One record serves every score that looks at the trajectory of training, so that a new score
needs no new training. The record holds up to two *views* of the same epochs:

``train``
    outputs in the training minibatches, in train mode, one row per epoch; forgetting events
    are defined on these (Toneva et al. 2019);
``evaluation``
    outputs in eval mode, without augmentation, after each epoch listed. Its last row is
    always the last epoch, which EL2N uses (Paul et al. 2021).

If a query asks for them, the record also holds series over the epochs
(:mod:`fairprune.training.series`):

``kl_step``, ``absolute_kl_step``
    how far the outputs in the training minibatches moved since the epoch before, (T - 1, N);
``validation_loss``
    mean cross-entropy of each class of the validation split, (T, K).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from fairprune._validation import check, check_known
from fairprune.storage.atomic import atomic_path
from fairprune.storage.npz import read_npz

ViewName = Literal["train", "evaluation"]
VIEWS: tuple[str, ...] = get_args(ViewName)
FIELDS = ("probability", "correct", "el2n", "margin")
_VIEW_FIELDS = ("epochs", *FIELDS)
SERIES = {  # items of a query's `record`, and the arrays that each asks for
    "kl_step": ("kl_step", "absolute_kl_step"),
    "validation_loss": ("validation_loss",),
}
_SERIES = [name for names in SERIES.values() for name in names]
_MEMBERS = {
    *("labels", "n_classes", *_SERIES),
    *(f"{view}_{field}" for view in VIEWS for field in _VIEW_FIELDS),
}


@dataclass(frozen=True)
class View:
    """Outputs for all examples at some epochs.

    Attributes
    ----------
    epochs : ndarray of shape (T,), int32
        1-based epochs, ascending.
    probability : ndarray of shape (T, N), float32
        Softmax probability of the true class.
    correct : ndarray of shape (T, N), bool
        Whether the largest logit is the true class's.
    el2n : ndarray of shape (T, N), float32
        ``||softmax(f(x)) - onehot(y)||_2``.
    margin : ndarray of shape (T, N), float32
        Logit of the true class minus the largest other logit.
    """

    epochs: np.ndarray
    probability: np.ndarray
    correct: np.ndarray
    el2n: np.ndarray
    margin: np.ndarray

    def __post_init__(self) -> None:
        shape = self.probability.shape
        if len(shape) != 2 or len(self.epochs) != shape[0]:
            raise ValueError(
                f"a view needs (T, N) fields and T epochs, got {shape} and {len(self.epochs)}"
            )
        for name in FIELDS:
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}")


@dataclass(frozen=True)
class Record:
    """The views of one query training, the labels they refer to, and series by name."""

    labels: np.ndarray
    n_classes: int
    train: View | None = None
    evaluation: View | None = None
    series: Mapping[str, np.ndarray] = field(default_factory=dict)

    def view(self, name: str) -> View:
        """The view of that name.

        Raises
        ------
        ValueError
            If the name is not one of ``VIEWS``, or the query did not record this view.
        """
        check("view", name, ViewName)
        view = getattr(self, name)
        if view is None:
            raise ValueError(
                f"the query did not record the {name!r} view; add it to `record` of its query"
            )
        return view

    def of_epochs(self, name: str) -> np.ndarray:
        """The series of that name, float32, one row for each epoch.

        Raises
        ------
        ValueError
            If the name is not in ``SERIES``, or the query did not record it.
        """
        if name not in self.series:
            items = {series: item for item, names in SERIES.items() for series in names}
            check_known(name, items, f"there is no series {name!r}")
            raise ValueError(
                f"the query did not record {name!r}; add {items[name]!r} to `record` of its query"
            )
        return self.series[name]


def write_record(path: Path | str, record: Record) -> None:
    """Write a record as one uncompressed ``.npz``, atomically."""
    arrays: dict[str, Any] = {"labels": record.labels, "n_classes": np.int64(record.n_classes)}
    for name in VIEWS:
        view = getattr(record, name)
        if view is not None:
            arrays |= {f"{name}_{field}": getattr(view, field) for field in _VIEW_FIELDS}
    arrays |= record.series
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def _check(record: Record) -> None:
    """Refuse arrays of the wrong type, and views that do not fit the labelled examples."""
    labels = record.labels
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise ValueError(f"labels are {labels.dtype} of shape {labels.shape}")
    if len(labels) and not 0 <= labels.min() <= labels.max() < record.n_classes:
        raise ValueError(f"labels must be in 0 .. {record.n_classes - 1}")
    for name in VIEWS:
        view = getattr(record, name)
        if view is None:
            continue
        kinds = "".join(getattr(view, field).dtype.kind for field in _VIEW_FIELDS)
        if kinds != "ifbff":
            raise ValueError(f"the {name} view has fields of other types")
        if view.probability.shape[1] != len(labels) or (np.diff(view.epochs) <= 0).any():
            raise ValueError(f"the {name} view needs ascending epochs of {len(labels)} examples")
    for name, series in record.series.items():
        width = record.n_classes if name == "validation_loss" else len(labels)
        if series.dtype.kind != "f" or series.ndim != 2 or series.shape[1] != width:
            raise ValueError(f"{name} is {series.dtype} of shape {series.shape}, not (T, {width})")


def read_record(path: Path | str) -> Record:
    """Read what :func:`write_record` wrote.

    Raises
    ------
    ValueError
        If the file is truncated or is not a record.
    """
    try:
        arrays = read_npz(path)
        unknown = set(arrays) - _MEMBERS
        if unknown:
            raise ValueError(f"unknown arrays {sorted(unknown)}")
        views = {
            name: View(*(arrays[f"{name}_{field}"] for field in _VIEW_FIELDS))
            for name in VIEWS
            if f"{name}_epochs" in arrays
        }
        series = {name: arrays[name] for name in _SERIES if name in arrays}
        record = Record(arrays["labels"], int(arrays["n_classes"]), **views, series=series)
        _check(record)
        return record
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} is not a readable record: {error}") from error
