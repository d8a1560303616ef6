"""Make the splits train, validation and test from what a source publishes."""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, TypeVar

import numpy as np

from fairprune._validation import NotNegative, Range, check, check_known, checked
from fairprune.data._arrays import take
from fairprune.data._ids import content_ids
from fairprune.seeds import numpy_generator
from fairprune.storage.canonical import SPLITS, Dataset

log = logging.getLogger(__name__)

DEFAULT_TEST_SHARE = 0.2
_Part = TypeVar("_Part")
Share = Annotated[float, Range(0, 1, "()")]


@dataclass(frozen=True)
class Part:
    """One published part of a data set, such as its official test set.

    Attributes
    ----------
    images : ndarray of shape (n, H, W, C), uint8, or features or tokens in their place
    labels : ndarray of shape (n,), int64
    ids : list of n str, optional
        Without them the examples are named by :func:`content_ids`.
    groups : list of n str, optional
    digests : list of n bytes or None, optional
        What :func:`content_ids` takes instead of pixels.
    """

    images: np.ndarray
    labels: np.ndarray
    ids: list[str] | None = None
    groups: list[str] | None = None
    digests: Sequence[bytes | None] | None = None

    def subset(self, rows: np.ndarray) -> Part:
        """The examples of ``rows``, in that order; ids must be known."""
        groups = self.groups and [self.groups[i] for i in rows]
        assert self.ids is not None
        ids = [self.ids[i] for i in rows]
        return Part(take(self.images, rows), self.labels[rows], ids, groups)


def held_out_as_test(parts: Mapping[str, _Part]) -> dict[str, _Part]:
    """Return the parts, with the validation part as test set if there is no test part."""
    if "validation" in parts and "test" not in parts:
        return {"train": parts["train"], "test": parts["validation"]}
    return dict(parts)


@contextmanager
def placed(place: object) -> Iterator[None]:
    """Begin the message of any ValueError with the place of the data set."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


@checked
def split(
    parts: Mapping[str, Part],
    class_names: Sequence[str],
    *,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
    standardise: bool = True,
    vocabulary: NotNegative = 0,
) -> Dataset:
    """Make the three splits.

    - Published ``train`` and ``test``: of the ``n`` test examples of a class, ``n // 2`` become
      validation, the rest stay test; with an odd number the test split has one more.
    - Published ``train`` alone: of the ``n`` examples of a class, ``test_share * n`` (rounded
      half up, at most ``n - 1``) become the test set, which is halved in the same way.
    - Published ``validation`` too: taken as it is.

    A seeded permutation of the class's examples, sorted by id, decides which are taken, so the
    choice does not depend on the order of the source. Every split keeps the source's order.

    Raises
    ------
    ValueError
        If a split or a class's training examples would be empty, an option is out of range, or the
        parts are not valid.
    """
    _check(parts, class_names)
    by_content = all(part.ids is None for part in parts.values())
    parts = _named(parts)
    noun = "images" if parts["train"].images.ndim == 4 else "examples"
    needed = f"2 test {noun}, one of which becomes validation"
    if "test" not in parts:
        taken = _choose(
            parts["train"],
            lambda n: max(0, min(n - 1, int(test_share * n + 0.5))),
            ("test split", seed),
        )
        parts = {**parts, **_cut(parts["train"], taken, "test", "train")}
        least = max(3, math.ceil(1.5 / test_share))
        needed = f"{least} {noun} at test_share {test_share}, for one to validate and one to test"
    if "validation" not in parts:
        taken = _choose(parts["test"], lambda n: n // 2, ("validation split", seed))
        if not taken.any():
            raise ValueError(f"no example is left for validation: a class needs {needed}")
        parts = {**parts, **_cut(parts["test"], taken, "validation", "test")}
    if by_content:
        _report_repeated(parts)
    grouped = all(part.groups is not None for part in parts.values())
    return Dataset(
        images={name: part.images for name, part in parts.items()},
        labels={name: part.labels for name, part in parts.items()},
        class_names=tuple(class_names),
        ids={name: part.ids or [] for name, part in parts.items()},
        groups={name: part.groups or [] for name, part in parts.items()} if grouped else None,
        standardise=standardise,
        vocabulary=vocabulary,
    )


def _check(parts: Mapping[str, Part], class_names: Sequence[str]) -> None:
    """Check what a user's own source may get wrong: names of parts and classes, and labels."""
    for name in parts:
        check_known(name, SPLITS, f"unknown part {name!r}")
    if "train" not in parts:
        raise ValueError(f"a part 'train' is needed, got {', '.join(parts) or 'none'}")
    for class_name in class_names:
        check("a class name", class_name, str)
    for name, part in parts.items():
        labels, shape = part.labels, (len(part.images),)
        is_array = isinstance(labels, np.ndarray)
        if not is_array or labels.dtype.kind not in "iu" or labels.shape != shape:
            got = labels.dtype if is_array else type(labels).__name__
            raise ValueError(
                f"labels of part {name!r} must be an array of whole numbers of shape {shape}, one "
                f"for each example; got {got} of shape {np.shape(labels)}"
            )


def _named(parts: Mapping[str, Part]) -> dict[str, Part]:
    """The parts with ids, in the order train, test, validation."""
    seen: Counter[str] = Counter()
    named = {}
    for name in ("train", "test", "validation"):
        if name not in parts:
            continue
        part = parts[name]
        ids = part.ids
        if ids is None:
            ids = content_ids(part.images, part.labels, digests=part.digests, seen=seen)
        named[name] = Part(part.images, part.labels, ids, part.groups)
    return named


def _report_repeated(parts: Mapping[str, Part]) -> None:
    """Log how many held-out examples are also in training, according to their content ids."""
    content = {
        split: [name.partition("-")[0] for name in part.ids or []] for split, part in parts.items()
    }
    trained = set(content["train"])
    for split in ("validation", "test"):
        n = sum(name in trained for name in content[split])
        if n:
            log.warning(
                "the training examples hold %d of the %d %s examples too, with their labels",
                n, len(content[split]), split,
            )  # fmt: skip


def _choose(part: Part, count: Callable[[int], int], stream: tuple[str | int, ...]) -> np.ndarray:
    """Mask (n,) of ``count(n_k)`` examples of each class k, at random."""
    taken = np.zeros(len(part.labels), dtype=bool)
    by_id = np.argsort(np.array(part.ids), kind="stable")
    for label in np.unique(part.labels):
        members = by_id[part.labels[by_id] == label]
        shuffled = numpy_generator(*stream, int(label)).permutation(members)
        taken[shuffled[: count(len(members))]] = True
    return taken


def _cut(part: Part, taken: np.ndarray, chosen: str, rest: str) -> dict[str, Part]:
    return {
        chosen: part.subset(np.flatnonzero(taken)),
        rest: part.subset(np.flatnonzero(~taken)),
    }
