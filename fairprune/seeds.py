"""Independent random streams, keyed by names.

A stream is addressed by its purpose, such as ``("demo", "final", "order", 0)``, never by the time
of its creation. Results therefore do not depend on the order of jobs, on the number of
cores, or on which other runs share the process.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def seed_sequence(*names: str | float) -> np.random.SeedSequence:
    """Seed sequence of the stream with these names.

    Parameters
    ----------
    *names : str, int or float
        The address. ``1`` and ``"1"`` are the same name; ``("ab", "c")`` and ``("a", "bc")``
        are different addresses.

    Examples
    --------
    >>> seed_sequence("order", 0).entropy == seed_sequence("order", "0").entropy
    True
    >>> seed_sequence("ab", "c").entropy == seed_sequence("a", "bc").entropy
    False
    """
    if not names:
        raise ValueError("a stream needs at least one name")
    address = "\x1f".join(str(name) for name in names)
    return np.random.SeedSequence(int.from_bytes(hashlib.sha256(address.encode()).digest()))


def numpy_generator(*names: str | int) -> np.random.Generator:
    """NumPy generator of the stream with these names."""
    return np.random.Generator(np.random.PCG64(seed_sequence(*names)))


def torch_seed(*names: str | int) -> int:
    """Seed for a torch generator, in [0, 2**63)."""
    return int(seed_sequence(*names).generate_state(1, np.uint64)[0] >> 1)


def torch_generator(*names: str | int) -> torch.Generator:
    """Torch generator of the stream with these names, on the CPU."""
    import torch

    return torch.Generator().manual_seed(torch_seed(*names))


@contextmanager
def seeded(*names: str | int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators inside the block, and restore them afterwards."""
    import torch

    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(torch_seed(*names))
        yield
