"""How much of each class is kept, one rule per file: ``class_density(...)``."""
