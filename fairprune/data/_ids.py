"""Ids of examples that come without a stable name: a hash of content and label."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

import numpy as np

from fairprune.storage.canonical import chunks

_LENGTH = 16  # hexadecimal digits: 64 bits


def content_ids(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    digests: Sequence[bytes | None] | None = None,
    seen: Counter[str] | None = None,
) -> list[str]:
    """Id of each example: the first 16 hexadecimal digits of a SHA-256.

    The hash covers a digest of the content, followed by the label in decimal. The content is the
    shape and the pixels; for a JPEG it is the encoded bytes, because decoders disagree about its
    pixels. The second example with the same content and label gets ``-2`` appended, the third
    ``-3``: they are the same example, so it does not matter which comes first.

    Parameters
    ----------
    images : ndarray of shape (n, H, W, C), uint8
    labels : ndarray of shape (n,), int
    digests : sequence of n bytes or None, optional
        Digests of the encoded bytes of examples whose content these are; None for the others.
    seen : Counter, optional
        How often each id has occurred so far; updated. Pass one counter for a whole data set.
    """
    seen = Counter() if seen is None else seen
    shape = "x".join(map(str, images.shape[1:])).encode()
    pixels = (image for chunk in chunks(images) for image in chunk)
    ids = []
    for position, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        digest = digests[position] if digests else None
        if digest is None:
            digest = hashlib.sha256(shape + b":" + image.tobytes()).digest()
        name = hashlib.sha256(digest + str(int(label)).encode()).hexdigest()[:_LENGTH]
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids
