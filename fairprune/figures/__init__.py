"""Figures, one per file: ``plotted_table(...)`` and ``draw(table)``."""
