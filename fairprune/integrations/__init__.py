"""Recorders for the training loops of other libraries, each an optional package."""
