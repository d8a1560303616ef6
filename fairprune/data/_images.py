"""Decode images in parallel into one array; whatever is wrong names the file."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Annotated, NamedTuple

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from fairprune._validation import Range, checked
from fairprune.data._arrays import allocate, as_rgb

# Formats whose decoders Pillow contains; never those that start another program.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
MAX_PIXELS = 1 << 26
Side = Annotated[int, Range(1, 4096)]
_GRAY = ("1", "L", "LA")
_COLOUR = ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB")
_JPEG = b"\xff\xd8\xff"
_THREADS = 4
_GROUP = 32  # images per task: a task per tiny image would cost more than decoding it
_GROUPS = 8

log = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """An encoded image: how messages call it, and how to get its bytes."""

    name: str
    read: Callable[[], bytes]


class Decoded(NamedTuple):
    """Images of shape (n, H, W, C), uint8, and the digest of each JPEG's encoded bytes."""

    images: np.ndarray
    digests: list[bytes | None]


class _Image(NamedTuple):
    name: str
    pixels: np.ndarray  # (H, W, 1) or (H, W, 3)
    digest: bytes | None


@checked
def decode_parts(
    parts: Mapping[str, tuple[int, Iterable[Encoded]]], *, image_size: Side | None = None
) -> dict[str, Decoded]:
    """Decode the parts of one data set: one size, and one number of channels throughout.

    Parameters
    ----------
    parts : mapping of name to (n, iterable of n Encoded)
    image_size : int, optional
        Side in pixels that every image is resized to (bilinear, antialiased, without regard
        to the aspect ratio). Without it all images must be of one size.

    Raises
    ------
    ValueError
        If a file is no image of a known format, is damaged, has more than 2**26 pixels, more
        than 8 bits per channel or several frames, or differs in size from the first.
    """
    first: _Image | None = None
    decoded = {}
    for name, (n, items) in parts.items():
        start = time.perf_counter()
        first, decoded[name] = _decode_part(name, n, items, image_size, first)
        log.info("decoded %d %s images in %.1f s", n, name, time.perf_counter() - start)
    if len({part.images.shape[3] for part in decoded.values()}) > 1:
        decoded = {k: Decoded(as_rgb(v.images), v.digests) for k, v in decoded.items()}
    return decoded


def _decode_part(
    name: str, n: int, items: Iterable[Encoded], image_size: int | None, first: _Image | None
) -> tuple[_Image, Decoded]:
    """Decode one part; ``first`` is the image whose size all must have, if there was one."""
    images = None
    digests: list[bytes | None] = []
    for image in _decode_all(items, image_size):
        first = first or image
        if image.pixels.shape[:2] != first.pixels.shape[:2]:
            raise ValueError(_unequal(image, first))
        if images is None:
            images = allocate((n, *image.pixels.shape))
        if image.pixels.shape[2] > images.shape[3]:
            images = as_rgb(images)
        images[len(digests)] = image.pixels  # gray is broadcast over the channels
        digests.append(image.digest)
    if images is None or first is None:
        raise ValueError(f"there are no {name} images")
    assert len(digests) == n
    return first, Decoded(images, digests)


def _decode_all(items: Iterable[Encoded], image_size: int | None) -> Iterator[_Image]:
    """Decode in order, with a bounded number of images in memory."""
    items = iter(items)

    def decode_group(group: list[Encoded]) -> list[_Image]:
        return [decode(item, image_size) for item in group]

    with ThreadPoolExecutor(_THREADS) as pool:
        while batch := list(islice(items, _GROUP * _GROUPS)):
            groups = [batch[start : start + _GROUP] for start in range(0, len(batch), _GROUP)]
            for group in pool.map(decode_group, groups):
                yield from group


def decode(item: Encoded, image_size: int | None = None) -> _Image:
    """Decode one image to shape (H, W, 1) if it is grayscale, else to (H, W, 3)."""
    encoded = item.read()
    try:
        with Image.open(io.BytesIO(encoded), formats=FORMATS) as file:
            _check_header(file)
            image = file.convert("L" if file.mode in _GRAY else "RGB")
            if image_size is not None and image.size != (image_size, image_size):
                image = image.resize((image_size, image_size), Image.Resampling.BILINEAR)
            pixels = np.asarray(image)
    except UnidentifiedImageError as error:
        formats = f"not in one of the formats {', '.join(FORMATS)}, or its start is damaged"
        raise ValueError(f"{item.name} is not a readable image: {formats}") from error
    except Exception as error:  # decoders of damaged files raise whatever they stumble over
        raise ValueError(f"{item.name} is not a readable image: {error}") from error
    digest = hashlib.sha256(encoded).digest() if encoded.startswith(_JPEG) else None
    return _Image(item.name, pixels[:, :, None] if pixels.ndim == 2 else pixels, digest)


def _check_header(image: ImageFile.ImageFile) -> None:
    """Refuse before anything is decoded: bombs, films, and pixels of more than 8 bits."""
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"{image.width} x {image.height} is more than {MAX_PIXELS} pixels")
    if image.mode not in (*_GRAY, *_COLOUR):
        raise ValueError(f"pixels of mode {image.mode!r} do not fit into 8 bits per channel")
    if _is_deep(image):
        raise ValueError("its pixels do not fit into 8 bits per channel")
    if image.format != "MPO" and getattr(image, "is_animated", False):  # MPO: previews in a JPEG
        raise ValueError("it has several frames")


def _is_deep(image: ImageFile.ImageFile) -> bool:
    """Whether Pillow would silently cut 16 bits per channel down to 8."""
    for decoder, _, _, arguments in image.tile:
        for argument in arguments if isinstance(arguments, tuple) else (arguments,):
            if isinstance(argument, str) and re.search(";16[BLNS]", argument):
                return True
            if decoder.startswith("ppm") and isinstance(argument, int) and argument > 255:
                return True
    return False


def _unequal(image: _Image, first: _Image) -> str:
    (height, width), (first_height, first_width) = image.pixels.shape[:2], first.pixels.shape[:2]
    return (
        f"images must be of one size (width x height): {image.name} is {width} x {height}, "
        f"{first.name} is {first_width} x {first_height}"
    )
