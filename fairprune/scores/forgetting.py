"""Forgetting events (Toneva et al., "An Empirical Study of Example Forgetting", ICLR 2019).

An example is forgotten when it was classified correctly at one presentation in training and
wrongly at the next. The score is the number of such events,

    F(x) = sum_{t=1}^{T-1} [correct at t and wrong at t + 1],

counted on the outputs in the training minibatches, one presentation per epoch.

Examples never classified correctly have no event. The original code gives them the largest
value, the number of presentations ``T``, which no example that was learned can reach
(``never_learned="maximum"``, default). Several libraries, and the code of the paper that
proposed MetriQ, give them 0, which prunes the hardest examples first
(``never_learned="zero"``). Higher is kept first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from fairprune._validation import checked

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
VIEW = "train"  # needed of every epoch


@checked
def score(query: Query, *, never_learned: Literal["maximum", "zero"] = "maximum") -> np.ndarray:
    """Number of forgetting events of each example.

    Parameters
    ----------
    query : Query
        Trained query whose record has the train view, every epoch of it.
    never_learned : {"maximum", "zero"}, default="maximum"
        Score of the examples that were never classified correctly: ``T``, or 0.

    Returns
    -------
    ndarray of shape (N,), float64
        Whole numbers in [0, T / 2], and ``T`` for the examples never learned.
    """
    view = query.record.view("train")
    if len(view.epochs) < 2:
        raise ValueError(f"forgetting needs at least 2 epochs, got {len(view.epochs)}")
    if (np.diff(view.epochs) != 1).any():
        raise ValueError(f"forgetting needs every epoch of the train view, got {view.epochs}")
    events = np.zeros(view.correct.shape[1])
    for before, after in zip(view.correct[:-1], view.correct[1:], strict=True):
        events += before & ~after
    if never_learned == "maximum":
        events[~view.correct.any(axis=0)] = len(view.epochs)
    return events
