"""From scores and quotas to the kept indices.

A selection is a set of positions in the training set, ascending. It is made over the whole
set, or within each class where quotas are given.

Equal scores are kept in the order of a hash of the examples' ids (see :mod:`fairprune.ties`),
which is the same for all seeds and densities. A selection by score therefore depends only on the
scores and the ids, not on the order of the examples, and is nested across densities.

Random pruning is a score like any other: one uniform priority per example, drawn in the order of
the examples from a stream of the seed. The subsets of one seed are therefore nested across
densities: what is kept at 0.1 is kept at 0.2. With quotas they are nested if no class's quota falls
as the density grows, which is almost always so with largest remainders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from fairprune._arrays import as_integers, as_labels, as_vector, check_within
from fairprune._validation import check_integer
from fairprune.registry import declared, load
from fairprune.seeds import numpy_generator
from fairprune.ties import tie_order


def class_counts(labels: object, n_classes: int | None = None) -> np.ndarray:
    """Examples per class, ndarray of shape (K,) int64; K is the largest label + 1 by default."""
    labels, n_classes = as_labels(labels, n_classes)
    return np.bincount(labels, minlength=n_classes)


def random_priorities(n_examples: int, *stream: str | int | np.random.Generator) -> np.ndarray:
    """Uniform priorities: keeping the largest is random pruning.

    Parameters
    ----------
    n_examples : int
        Number of examples, N.
    *stream : str or int, or one Generator
        The names of a random stream (see :mod:`fairprune.seeds`), or a generator.

    Returns
    -------
    ndarray of shape (N,), float64
        In [0, 1).
    """
    if len(stream) == 1 and isinstance(stream[0], np.random.Generator):
        return stream[0].random(n_examples)
    return numpy_generator(*cast("tuple[str | int, ...]", stream)).random(n_examples)


def seeded_priorities(n_examples: int, seed: int) -> np.ndarray:
    """The priorities (N,) of random pruning with a seed, here and in the workflow."""
    return random_priorities(n_examples, "selection", check_integer("seed", seed))


def keep(
    labels: object,
    n_keep: int,
    *,
    quotas: object = None,
    scores: object = None,
    ids: object = None,
    selector: str = "top",
    generator: np.random.Generator | None = None,
    artifact: object = None,
    **options: Any,
) -> np.ndarray:
    """Apply a selector to the whole set, or within each class.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example.
    n_keep : int
        Number of examples kept; explicit ``quotas`` override it.
    quotas : array_like of shape (K,), optional
        Number kept of each class, at most its size. By default classes are ignored.
    scores : array_like of shape (N,), optional
        Scores for the selectors that use them; higher is kept first.
    ids : array_like of shape (N,), optional
        Stable ids of the examples, which order equal scores. By default the positions.
    selector : str, default="top"
        Name in :mod:`fairprune.selectors`.
    generator : Generator, optional
        Source of randomness for selectors that draw; classes draw in ascending order.
    artifact : object, optional
        Whatever the selector needs besides scores; passed on unchanged.
    **options : object
        Options of the selector.

    Returns
    -------
    ndarray of shape (n,), int64
        Kept indices, ascending.
    """
    if quotas is not None:
        quotas = as_integers("quotas", quotas, minimum=0)
    labels, _ = as_labels(labels, None if quotas is None else len(quotas))
    if scores is not None:
        scores = as_vector("scores", scores, length=len(labels))
    order = _tie_order(ids, len(labels))
    module = load("selectors", selector)
    select = module.select
    _check_artifact(selector, getattr(module, "ARTIFACT", ()), artifact)
    given = {"scores": scores, "generator": generator, "artifact": artifact}
    arguments = {**declared(select, given), **options}
    if quotas is None:
        n_keep = check_integer("n_keep", n_keep, minimum=0, maximum=len(labels))
        return np.sort(_selected(selector, select, order, n_keep, arguments))
    counts = np.bincount(labels, minlength=len(quotas))
    check_within("quotas", quotas, counts)
    pools = members(labels, counts, order)
    # classes with quota 0 draw too, so that the draws of the others do not shift
    kept = [
        _selected(selector, select, pool, int(n), arguments)
        for pool, n in zip(pools, quotas, strict=True)
    ]
    return np.sort(np.concatenate([np.empty(0, np.int64), *kept]))


def _selected(
    selector: str,
    select: Callable[..., object],
    pool: np.ndarray,
    n_keep: int,
    arguments: Mapping[str, Any],
) -> np.ndarray:
    """Positions that a selector keeps of a pool, checked because it may be the user's own."""
    kept = np.asarray(select(pool, n_keep, **arguments))
    if kept.dtype.kind not in "iu" or kept.shape != (n_keep,):
        problem = f"{kept.dtype} of shape {kept.shape}"
    elif len(np.unique(kept)) < n_keep:
        problem = "some of them twice"
    elif not np.isin(kept, pool).all():
        problem = f"{kept[~np.isin(kept, pool)][0]}, which is not among them"
    else:
        return kept
    raise ValueError(
        f"selector {selector!r} must return {n_keep} of the {len(pool)} positions that it gets, "
        f"it gave {problem}"
    )


def _check_artifact(selector: str, needed: Sequence[str], artifact: object) -> None:
    if artifact is None:
        return  # a missing artifact is reported where the arguments are matched
    given = list(artifact) if isinstance(artifact, Mapping) else []
    if missing := [name for name in needed if name not in given]:
        raise ValueError(f"selector {selector!r} needs artifact[{missing[0]!r}], got {given}")


def strategy_counts(
    labels: object, n_keep: int, *, n_classes: int | None = None, **arguments: Any
) -> np.ndarray:
    """Class counts that a strategy leaves when it prunes the whole set to ``n_keep``.

    Parameters
    ----------
    labels, n_keep
        As for :func:`keep`.
    n_classes : int, optional
        Number of classes, K; the largest label + 1 by default.
    **arguments : object
        ``scores``, ``ids``, ``selector`` and the other arguments of :func:`keep`, except quotas.

    Returns
    -------
    ndarray of shape (K,), int64
        Sums to ``n_keep``.
    """
    labels, n_classes = as_labels(labels, n_classes)
    return np.bincount(labels[keep(labels, n_keep, **arguments)], minlength=n_classes)


def emptied_classes(labels: object, kept: object) -> np.ndarray:
    """Classes that had examples and lost all of them, ascending.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example before pruning.
    kept : array_like of shape (n,)
        Kept indices.

    Returns
    -------
    ndarray of int64
    """
    labels, n_classes = as_labels(labels)
    kept = as_integers("kept", kept, minimum=0, maximum=len(labels) - 1)
    after = np.bincount(labels[kept], minlength=n_classes)
    return np.flatnonzero((np.bincount(labels) > 0) & (after == 0))


def _tie_order(ids: object, n_examples: int) -> np.ndarray:
    """All positions, in the order in which equal scores are kept."""
    order = tie_order(np.arange(n_examples) if ids is None else ids, "examples")
    if len(order) != n_examples:
        raise ValueError(f"ids must have length {n_examples}, got {len(order)}")
    return order


def members(labels: np.ndarray, counts: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Indices of each class, in the given order; one sort is faster than a mask per class."""
    labels = labels[order]
    if len(counts) <= 1 << 16:
        labels = labels.astype(np.uint16)  # NumPy sorts these by radix
    return np.split(order[np.argsort(labels, kind="stable")], np.cumsum(counts)[:-1])
