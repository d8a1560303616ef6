"""Version numbers, kept apart so that reading them imports nothing else."""

__version__ = "0.1.0"

TRAINING_VERSION = 2
"""Raised when the numbers that a training gives change; all trainings are then redone."""
