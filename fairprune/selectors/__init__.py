"""Selectors choose examples by score, one selector per file: ``select(pool, n_keep, ...)``.

Common to all of them:

pool : ndarray of shape (P,), int64
    Candidates, as positions in the arrays of all N examples. Equal scores are taken in this order
    (see :mod:`fairprune.ties`), so selectors use stable sorts.
n_keep : int
    Number to keep, at most P.
scores : ndarray of shape (N,)
    Scores of all examples; higher is kept first, unless a selector says otherwise.
generator : Generator
    Source of randomness, for selectors that draw.

They return the kept positions, int64 of shape (n_keep,), ascending. Each selector documents its
other keyword arguments.
"""
