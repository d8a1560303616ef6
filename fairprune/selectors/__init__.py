"""How examples are chosen by score, one per file: ``select(pool, n_keep, ...)``."""
