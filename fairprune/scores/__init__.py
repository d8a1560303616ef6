"""Scores of training examples, one per file: ``score(query, **options)``, higher is kept first."""

from typing import Literal

ViewName = Literal["train", "evaluation"]  # of a query's record
