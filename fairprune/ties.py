"""Break ties by a seeded hash of ids.

Sources are often sorted by class. If ties went by index, the first classes would keep all their
equal scores and the last ones none. A hash of the stable id does not depend on class or order, and
stays with an example however a source is sorted or cut.

The hash is SplitMix64's finaliser (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number
Generators", OOPSLA 2014), chained over the 64-bit words of an id:

    h_0 = mix(seed + length in bytes),    h_{j+1} = mix(h_j xor word_j)

A whole number is one word; text is its UTF-8 bytes in little-endian words, padded with zeros.
The hash is the same on every machine. It is meant to spread ids, not to withstand an adversary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fairprune._arrays import as_array
from fairprune.seeds import seed_sequence

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_WORD = 8  # bytes


def tie_order(ids: object, *stream: str | int) -> np.ndarray:
    """Positions in the order in which ties are broken.

    Parameters
    ----------
    ids : array_like of shape (N,)
        Unique whole numbers or texts.
    *stream : str or int
        Names of the order, like those of a random stream (see :mod:`fairprune.seeds`).

    Returns
    -------
    ndarray of shape (N,), int64
        A permutation. Permuting the ids permutes it, and leaving some out keeps the others' order.

    Raises
    ------
    ValueError
        If an id occurs twice, or is neither a whole number nor text.

    Examples
    --------
    >>> ids = ["cat/1.png", "cat/2.png", "dog/1.png"]
    >>> [ids[i] for i in tie_order(ids, "examples")]
    ['cat/2.png', 'dog/1.png', 'cat/1.png']
    >>> [ids[1:][i] for i in tie_order(ids[1:], "examples")]
    ['cat/2.png', 'dog/1.png']
    """
    found = as_array("ids", ids)
    if found.ndim != 1:
        raise ValueError(f"ids must be one-dimensional, got shape {found.shape}")
    seed = seed_sequence(*stream).generate_state(1, np.uint64)
    if found.dtype.kind in "iu":
        hashes = _mix(_mix(seed + np.uint64(_WORD)) ^ found.astype(np.uint64))
    else:
        hashes = _of_text(_as_text(found), seed)
    order = np.argsort(hashes, kind="stable")
    _refuse_repeated(found, order, hashes[order])
    return order


def _mix(state: np.ndarray) -> np.ndarray:
    """SplitMix64's finaliser; products wrap."""
    state = state + _GAMMA
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))


def _as_text(ids: np.ndarray) -> list[str]:
    texts = ids.tolist()
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(
                f"ids must be whole numbers or text, got ids[{position}] = {text!r} "
                f"in an array of {ids.dtype}"
            )
    return texts


def _of_text(texts: Sequence[str], seed: np.ndarray) -> np.ndarray:
    """Hashes (N,) of texts, computed together for all texts with the same number of words."""
    encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
    n_bytes = np.fromiter(map(len, encoded), np.uint64, len(encoded))
    n_words = (n_bytes.astype(np.int64) + _WORD - 1) // _WORD
    hashes = _mix(seed + n_bytes)
    for width in np.unique(n_words[n_words > 0]).tolist():
        rows = np.flatnonzero(n_words == width)
        padded = np.array([encoded[i] for i in rows], dtype=f"S{_WORD * width}")
        words = padded.view("<u8").reshape(len(rows), width)
        state = hashes[rows]
        for column in words.T:
            state = _mix(state ^ column.astype(np.uint64))
        hashes[rows] = state
    return hashes


def _refuse_repeated(ids: np.ndarray, order: np.ndarray, hashes: np.ndarray) -> None:
    """Refuse repeated ids; different ids rarely have equal hashes, and then keep their order."""
    for first in np.flatnonzero(hashes[1:] == hashes[:-1]).tolist():
        if ids[order[first]] == ids[order[first + 1]]:
            raise ValueError(f"ids must be unique, {ids[order[first]]!r} occurs twice")
