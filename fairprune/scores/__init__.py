"""Scores of training examples, one per file: ``score(query, **options)``, higher is kept first."""
