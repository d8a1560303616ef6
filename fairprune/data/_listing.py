"""What a source finds before it reads an image; ``new-study`` prints it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune.data._ids import content_ids
from fairprune.data._images import Encoded, Fit, decode_parts
from fairprune.data._splits import DEFAULT_TEST_SHARE, Part, placed, split
from fairprune.storage.canonical import Dataset

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ListedPart:
    """One published part of a data set.

    Attributes
    ----------
    place : str
        Where it lies, for messages.
    labels : ndarray of shape (n,), int64
    encoded : callable
        Returns the n encoded images, in order.
    ids, groups
        As in :class:`fairprune.data._splits.Part`.
    tables : callable, optional
        Returns all columns of the rows in a mask (n,), if a table holds the part.
    """

    place: str
    labels: np.ndarray
    encoded: Callable[[], Iterator[Encoded]]
    ids: list[str] | None = None
    groups: list[str] | None = None
    tables: Callable[[np.ndarray], Iterator[pa.Table]] | None = None


@dataclass(frozen=True)
class Listing:
    """The published parts of a data set.

    Attributes
    ----------
    class_names : sequence of K str
    parts : mapping of ``train``, ``validation``, ``test`` to ListedPart
        If a data set has only one held-out part, it is ``test``, whatever its published name.
    left_out : list of str
        What is not read and why, one sentence each.
    """

    class_names: Sequence[str]
    parts: Mapping[str, ListedPart]
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, part in self.parts.items():
            if not len(part.labels):
                raise ValueError(f"there are no {name} images in {part.place}")

    def describe(self) -> list[str]:
        """Lines that say which files become which split."""
        lines = [
            f"{name}: {part.place} ({len(part.labels):,} images)"
            for name, part in self.parts.items()
        ]
        if "test" not in self.parts:
            lines.append("test and validation: cut out of train")
        elif "validation" not in self.parts:
            lines.append("validation: half of test")
        return lines + self.left_out


def read(
    listing: Listing,
    *,
    image_size: int | None = None,
    fit: Fit = "squash",
    seed: int = 0,
    test_share: float = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Decode the images of a listing, and make the three splits.

    Raises
    ------
    ValueError
        As :func:`fairprune.data._images.decode_parts` and :func:`fairprune.data._splits.split`.
    """
    for sentence in listing.left_out:
        log.warning("%s", sentence)
    decoded = decode_parts(
        {name: (len(part.labels), part.encoded()) for name, part in listing.parts.items()},
        image_size=image_size,
        fit=fit,
    )
    parts = {
        name: Part(decoded[name].images, part.labels, part.ids, part.groups, decoded[name].digests)
        for name, part in listing.parts.items()
    }
    with placed(listing.parts["train"].place):
        return split(parts, listing.class_names, seed=seed, test_share=test_share)


def ids_of(part: ListedPart, **resize: Any) -> list[str]:
    """Ids of a training part; if it lists none, its images are decoded to compute them."""
    if part.ids is not None:
        return part.ids
    decoded = decode_parts({"train": (len(part.labels), part.encoded())}, **resize)
    return content_ids(decoded["train"].images, part.labels, digests=decoded["train"].digests)
