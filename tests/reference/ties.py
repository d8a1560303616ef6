"""The hash that orders equals, in Python's whole numbers, one id at a time."""

from __future__ import annotations

import numpy as np

from fairprune.seeds import seed_sequence

_MASK = 2**64 - 1


def mix(state: int) -> int:
    """SplitMix64's finaliser."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)


def tie_hash(name: int | str, *stream: str | int) -> int:
    """Hash of one id."""
    seed = int(seed_sequence(*stream).generate_state(1, np.uint64)[0])
    data = name.encode() if isinstance(name, str) else (name & _MASK).to_bytes(8, "little")
    state = mix((seed + len(data)) & _MASK)
    for start in range(0, len(data), 8):
        state = mix(state ^ int.from_bytes(data[start : start + 8], "little"))
    return state
