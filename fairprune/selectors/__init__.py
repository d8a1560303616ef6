"""How examples are chosen by score, one per file: ``select(pool, n_keep, ...)``.

The pool comes in the order in which equal scores are taken (see :mod:`fairprune.ties`): a stable
sort keeps it.
"""
