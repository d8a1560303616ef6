"""Rules for how much of each class to keep, one per file.

Each file defines ``class_density(class_counts, density, ...)``. Common to all of them:

class_counts : ndarray of shape (K,)
    Training examples per class, ``N_k``.
density : float
    Share of the training set kept, in (0, 1].
minimum_per_class : int, default=0
    As in :func:`fairprune.allocation.metriq`.

They return the class densities, float64 of shape (K,). Each rule documents its other keyword
arguments; the workflow supplies ``recall``, ``class_scores`` or ``strategy_counts`` if the rule
takes it.
"""
