"""Pruning in one call: from labels, and scores or recalls, to the kept examples.

:func:`prune` does with arrays what the workflow does with its methods, and keeps the same examples:
it uses the same order of equal scores, the same quotas and, with the same seed, the same draws.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fairprune import allocation
from fairprune._alignment import check_same_order
from fairprune._arrays import as_classes, as_integers, as_vector, check_within
from fairprune._text import shown
from fairprune._validation import check_density, check_integer
from fairprune.library.by_class import as_mapping, in_order
from fairprune.registry import check_options
from fairprune.seeds import numpy_generator
from fairprune.selection import emptied_classes, keep, seeded_priorities, strategy_counts

_HALF = 0.5 + 1e-6  # what rounding a density takes, and the error of its product
_A_PLACE_FOR_EACH = "class_recall(..., classes=labels) has a place for classes without examples"


def prune(
    labels: ArrayLike,
    density: float | None = None,
    *,
    n_keep: int | None = None,
    scores: ArrayLike | None = None,
    recall: ArrayLike | Mapping[Any, float] | None = None,
    quotas: ArrayLike | Mapping[Any, int] | None = None,
    strategy: ArrayLike | None = None,
    minimum_per_class: int = 0,
    selector: str = "top",
    selector_options: Mapping[str, Any] | None = None,
    artifact: Mapping[str, np.ndarray] | None = None,
    method: str | None = None,
    seed: int = 0,
    ids: ArrayLike | None = None,
) -> np.ndarray:
    """Indices of the examples to keep: the positions that the workflow keeps.

    With only labels and a density, examples are kept at random. With scores, the highest are
    kept. Recalls (MetriQ), ``strategy`` or ``quotas`` say how many examples each class keeps.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example: 0 to K - 1, or names. A column of a DataFrame will do.
    density : float
        Share kept, in (0, 1]: ``round(density * N)`` examples.
    n_keep : int, optional
        Number of examples kept, in place of the density. Explicit ``quotas`` need neither, and
        count where they say otherwise.
    scores : array_like of shape (N,), optional
        Higher is kept first; a hash of ``ids`` orders equal scores. Random by default.
    recall : array_like of shape (K,) or mapping, optional
        Validation recalls; quotas then follow MetriQ and are the same for all seeds. Either an
        array, for named classes sorted by name, or a mapping from each class to its recall.
    quotas : array_like of shape (K,) or mapping, optional
        Number of examples to keep per class, in the same form as ``recall``.
    strategy : array_like of shape (N,), optional
        Scores of another strategy; each class keeps as many examples as that strategy would keep.
    minimum_per_class : int, default=0
        Smallest number of examples to keep per class; needs ``recall``.
    selector : str, default="top"
        How scores choose examples, a module of :mod:`fairprune.selectors`: ``"top"``,
        ``"stratified"``, ``"window"``, ``"mixed"``, ``"minimal_influence"``, ``"beta"``,
        ``"message_passing"``, ``"infomax"``.
    selector_options : mapping, optional
        Options of the selector.
    artifact : mapping, optional
        What else the selector needs: ``fairprune.scores.influence_factors(...)`` for
        ``"minimal_influence"``, ``{"mean_probability": probability.mean(axis=0)}`` for ``"beta"``,
        ``fairprune.scores.neighbour_graph(...)`` for ``"message_passing"`` and, with
        ``metric="cosine"``, for ``"infomax"``.
    method : str, optional
        Name of the workflow's method whose random draws are repeated, for a selector that draws;
        by default the selector's name.
    seed : int, default=0
        Seed of random pruning and of the selector. Random subsets of one seed are nested across
        densities.
    ids : array_like of shape (N,), optional
        Stable ids of the examples, unique whole numbers or text. They only order equal scores.
        By default the positions.

    Returns
    -------
    ndarray of shape (n,), int64
        Kept positions, ascending: ``labels[kept]``, ``frame.iloc[kept]``.

    Warns
    -----
    UserWarning
        If a class loses all its examples, or quotas keep another number than the density or
        ``n_keep`` given with them.

    Raises
    ------
    ValueError
        If an argument is invalid; the message names it, its value and what is allowed.

    Examples
    --------
    >>> prune([0, 0, 1, 1], 0.5, scores=[0.1, 0.2, 0.3, 0.4], quotas=[1, 1])
    array([1, 3])
    >>> prune(["cat", "cat", "dog", "dog"], n_keep=2, recall={"cat": 0.5, "dog": 0.5}).size
    2
    """
    if strategy is not None and (recall is not None or quotas is not None):
        other = "recall" if recall is not None else "quotas"
        raise ValueError(f"{other} and strategy exclude each other: each says what a class keeps")
    check_same_order(labels=labels, scores=scores, strategy=strategy, ids=ids)
    codes, names, sizes, n = class_quotas(
        labels,
        density,
        n_keep=n_keep,
        recall=recall,
        quotas=quotas,
        minimum_per_class=minimum_per_class,
    )
    if strategy is not None:
        of_strategy = as_vector("strategy", strategy, length=len(codes))
        sizes = strategy_counts(codes, n, scores=of_strategy, ids=ids)
    if scores is None:
        scores = seeded_priorities(len(codes), seed)
    options = dict(selector_options or {})
    check_options("selectors", selector, options, "selector_options")
    stream = numpy_generator("selector", method or selector, check_integer("seed", seed))
    kept = keep(
        codes, n, quotas=sizes, scores=scores, ids=ids, selector=selector, generator=stream,
        artifact=artifact, **options,
    )  # fmt: skip
    _warn_of_emptied(codes, kept, names)
    return kept


def class_quotas(
    labels: ArrayLike,
    density: float | None,
    *,
    n_keep: int | None,
    recall: ArrayLike | Mapping[Any, float] | None,
    quotas: ArrayLike | Mapping[Any, int] | None,
    minimum_per_class: int,
) -> tuple[np.ndarray, Sequence[str], np.ndarray | None, int]:
    """Labels as numbers (N,), names or none, quotas (K,) or None, and how many are kept.

    Without recalls and quotas, class sizes are free. The arguments are those of :func:`prune`.
    """
    if recall is not None and quotas is not None:
        raise ValueError("recall and quotas exclude each other: each says what a class keeps")
    if minimum_per_class and recall is None:
        raise ValueError("minimum_per_class needs recall: it is a floor of MetriQ's quotas")
    what, given, absent = ("recall", recall, math.nan) if quotas is None else ("quotas", quotas, 0)
    by_class = as_mapping(what, given)
    codes, names = as_classes(labels, by_class if isinstance(by_class, Mapping) else ())
    if isinstance(by_class, Mapping):
        by_class = in_order(what, by_class, names, set(codes.tolist()), absent)
    sizes = None
    if quotas is not None:
        sizes = as_integers("quotas", by_class, minimum=0)
        _check_classes("quotas", sizes, codes, names)
        check_within("quotas", sizes, np.bincount(codes, minlength=len(sizes)), names=names)
    n = _number(density, n_keep, len(codes), None if sizes is None else int(sizes.sum()))
    if recall is not None:
        sizes = _metriq_quotas(codes, names, by_class, n, density, minimum_per_class)
    return codes, names, sizes, n


def _number(
    density: float | None, n_keep: int | None, n_examples: int, n_quotas: int | None
) -> int:
    """How many examples are kept, ``n_quotas`` by explicit quotas if there are any."""
    if density is not None and n_keep is not None:
        raise ValueError("density and n_keep exclude each other")
    if n_keep is not None:
        n_keep = check_integer("n_keep", n_keep, minimum=1, maximum=n_examples)
    if n_quotas is None:
        if density is not None:
            return allocation.n_keep(check_density(density), n_examples)
        if n_keep is None:
            raise ValueError("density or n_keep must say how many examples to keep")
        return n_keep

    asked = n_keep if density is None else check_density(density) * n_examples
    if asked is not None and abs(n_quotas - asked) > _HALF:
        said = "n_keep" if density is None else f"density={density}"
        message = f"quotas keep {n_quotas} of {n_examples} examples, and {said} asks for {asked:g}"
        warnings.warn(f"{message}; the quotas count", stacklevel=4)
    return n_quotas


def _check_classes(what: str, values: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> None:
    """Refuse fewer values than classes and, for named classes, more."""
    hint = f"; {_A_PLACE_FOR_EACH}" if what == "recall" else ""
    if names and len(values) != len(names):
        raise ValueError(
            f"{what} must have length {len(names)}, of the classes in order of their names, got "
            f"{len(values)}{hint}"
        )
    if labels.max() >= len(values):
        raise ValueError(
            f"{what} must have a value for each class, got {len(values)} where labels go up to "
            f"{labels.max()}{hint}"
        )


def _metriq_quotas(
    labels: np.ndarray,
    names: Sequence[str],
    recall: object,
    n_keep: int,
    density: float | None,
    minimum_per_class: int,
) -> np.ndarray:
    recall = as_vector("recall", recall, minimum=0, maximum=1, allow_nan=True)
    _check_classes("recall", recall, labels, names)
    counts = np.bincount(labels, minlength=len(recall))
    unknown = np.flatnonzero(np.isnan(recall) & (counts > 0)).tolist()
    if names and unknown:
        raise ValueError(
            f"recall is NaN for {shown([repr(names[k]) for k in unknown], 10)}, of which there are "
            "no validation examples: pass a recall for each, such as the mean of the others"
        )
    share = n_keep / len(labels) if density is None else density
    class_density = allocation.metriq(recall, counts, share, minimum_per_class=minimum_per_class)
    return allocation.quotas(class_density, counts, n_keep=n_keep)


def _warn_of_emptied(labels: np.ndarray, kept: np.ndarray, names: Sequence[str]) -> None:
    emptied = [str(names[k] if names else k) for k in emptied_classes(labels, kept).tolist()]
    if emptied:
        word = "class" if len(emptied) == 1 else "classes"
        warnings.warn(f"no example is left of {word} {shown(emptied, 10)}", stacklevel=3)
