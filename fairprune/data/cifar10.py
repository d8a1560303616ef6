"""CIFAR-10 (Krizhevsky 2009) from its official Python archive."""

from __future__ import annotations

from pathlib import Path

from fairprune._validation import NotNegative
from fairprune.data._cifar import load_cifar
from fairprune.storage.canonical import Dataset

DOWNLOADS = True


def load(root: Path, *, download: bool = True, seed: NotNegative = 0) -> Dataset:
    """Load CIFAR-10; see :func:`fairprune.data._cifar.load_cifar`."""
    from torchvision.datasets import CIFAR10

    return load_cifar(CIFAR10, "cifar10", root, download=download, seed=seed)
