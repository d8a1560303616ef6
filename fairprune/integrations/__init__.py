"""Recorders in the training loops of others, each for an optional package."""
