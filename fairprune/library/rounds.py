"""The closed loop for any learner: train, see which classes fail, shift the budget to them.

The equations and conventions are those of :mod:`fairprune.quota_rules.closed_loop`, which the
workflow uses too. Here the caller passes a function that trains and tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fairprune import allocation
from fairprune._alignment import check_same_order
from fairprune._arrays import as_array, as_classes, as_vector
from fairprune._validation import check_density, check_integer
from fairprune.library.by_class import as_mapping, in_order
from fairprune.library.pruning import prune
from fairprune.metrics import count_correct
from fairprune.quota_rules.closed_loop import started, updated
from fairprune.selection import class_counts, keep, random_priorities

_RESULT = "the result of train_and_test"


def closed_loop(
    labels: ArrayLike,
    density: float,
    train_and_test: Callable[[np.ndarray], ArrayLike],
    *,
    rounds: int = 2,
    step: float = 0.7,
    clip: float = 2.0,
    bound: float = 1.5,
    decay: float = 1.0,
    start: ArrayLike | Mapping[Any, float] | None = None,
    minimum_per_class: int = 0,
    scores: ArrayLike | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Indices of the examples to keep, with class sizes found over rounds of training.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example, 0 to K - 1 or a name. Named classes are sorted by name.
    density : float
        Share kept, in (0, 1]: ``round(density * N)`` examples.
    train_and_test : callable
        Takes kept indices (n,), ascending, trains a model on them, and returns whether it
        classifies each of the N examples correctly, booleans of shape (N,). The values of the
        kept examples are not used. Called once per round; never at density 1.
    rounds : int, default=2
        Number of rounds.
    step, clip, bound, decay : float
        As in :func:`fairprune.quota_rules.closed_loop.updated`.
    start : array_like of shape (K,) or mapping, optional
        Class densities to begin with, such as those of :func:`fairprune.metriq`, in the same form
        as ``recall`` of :func:`fairprune.prune`; equal for all classes by default.
    minimum_per_class : int, default=0
        Smallest number of examples to keep per class; a smaller class is kept whole.
    scores : array_like of shape (N,), optional
        Scores that fill the last quotas, higher first; by default examples are drawn at random.
        The rounds train on random examples whatever the scores.
    seed : int, default=0
        Seed of all random choices.

    Returns
    -------
    ndarray of shape (n,), int64
        Kept indices, ascending.

    Examples
    --------
    A learner that never gets class 1 right:

    >>> labels = np.repeat([0, 1], 50)
    >>> kept = closed_loop(labels, 0.4, lambda index: labels == 0)
    >>> np.bincount(labels[kept]).tolist()
    [4, 36]
    """
    check_same_order(labels=labels, scores=scores)
    codes, names = as_classes(labels)
    n_classes = len(names) or int(codes.max()) + 1
    counts, density = class_counts(codes, n_classes), check_density(density)
    n_keep = allocation.n_keep(density, len(codes))
    rounds = check_integer("rounds", rounds, minimum=1) if density < 1 else 0
    seed = check_integer("seed", seed)
    if scores is not None:
        scores = as_vector("scores", scores, length=len(codes))

    update = partial(updated, step=step, clip=clip, bound=bound, decay=decay)
    log_weight = nothing = np.zeros(n_classes)
    update(log_weight, nothing, nothing)  # refuses what is wrong before anything trains
    if start is not None:
        start = as_mapping("start", start)
        if isinstance(start, Mapping):
            start = in_order("start", start, names, set(codes.tolist()), 0)
        share = as_vector("start", start, length=n_classes, minimum=0, maximum=1)
        log_weight = started(share, density, bound=bound)

    def quotas() -> np.ndarray:
        share = allocation.proportional(
            np.exp(log_weight), counts, density, minimum_per_class=minimum_per_class
        )
        return allocation.quotas(share, counts, n_keep=n_keep)

    for number in range(1, rounds + 1):
        priorities = random_priorities(len(codes), "round", number, seed)
        index = keep(codes, n_keep, quotas=quotas(), scores=priorities)
        outcomes = train_and_test(index)
        check_same_order(labels=labels, **{_RESULT: outcomes})

        left_out = np.delete(np.arange(len(codes)), index)
        correct = _as_outcomes(outcomes, len(codes))[left_out]
        n_correct, tries = count_correct(correct, codes[left_out], n_classes)
        errors = tries - n_correct
        log_weight = update(log_weight, errors, tries, number=number)
    return prune(labels, density, scores=scores, quotas=quotas(), seed=seed)


def _as_outcomes(value: object, n_examples: int) -> np.ndarray:
    correct = as_array(_RESULT, value)
    got = f"{correct.dtype} of shape {correct.shape}"
    if correct.shape == (n_examples,):
        wrong = np.flatnonzero(~np.isin(correct, (0, 1)))
        if not len(wrong):
            return correct.astype(bool)
        got = f"{correct[wrong[0]]!s} for example {wrong[0]}"
    raise ValueError(
        f"train_and_test must return whether each of the {n_examples} examples is classified "
        f"correctly, true or false, got {got}"
    )
