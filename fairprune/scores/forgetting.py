"""Forgetting events (Toneva et al., "An Empirical Study of Example Forgetting", ICLR 2019).

An example is forgotten when it was classified correctly at one presentation in training and
wrongly at the next. The score is the number of such events,

    F(x) = sum_{t=1}^{T-1} [correct at t and wrong at t + 1],

counted on the outputs in the training minibatches, one presentation per epoch.

Examples never classified correctly have no event and score 0 (``never_learned="zero"``, default).
That is what the paper that proposed MetriQ says, how often an example "is both learned and
forgotten", what its authors' code does, and what several libraries do. It prunes the hardest
examples along with the easiest. The original code of Toneva et al. gives them the largest value
(``never_learned="maximum"``): here the number of presentations ``T``, which no example that was
learned can reach. Higher is kept first.
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
def score(query: Query, *, never_learned: Literal["zero", "maximum"] = "zero") -> np.ndarray:
    """Number of forgetting events of each example.

    Parameters
    ----------
    query : Query
        Trained query whose record has the train view, every epoch of it.
    never_learned : {"zero", "maximum"}, default="zero"
        Score of the examples that were never classified correctly: 0, or ``T``.

    Returns
    -------
    ndarray of shape (N,), float64
        Whole numbers in [0, T / 2]; with ``"maximum"``, ``T`` for the examples never learned.
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
