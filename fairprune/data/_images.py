"""Decode images in parallel into one array; errors name the file."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import Annotated, Literal, NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageFile, ImageOps, UnidentifiedImageError

from fairprune._validation import Range, checked
from fairprune.data._arrays import allocate, as_rgb

# Formats that Pillow decodes itself; never those for which it starts another program.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")
_ENDS = "png apng jpg jpeg jpe jfif mpo webp gif bmp dib tif tiff ppm pgm pbm pnm avif heic"
SUFFIXES = tuple(f".{end}" for end in _ENDS.split())  # of files that should be images
Side = Annotated[int, Range(1, 4096)]
Fit = Literal["squash", "crop", "pad"]
_GRAY = ("1", "L", "LA")
_COLOUR = ("RGB", "RGBA", "RGBX", "P", "PA", "CMYK", "YCbCr", "HSV", "LAB")
_JPEG = b"\xff\xd8\xff"
_THREADS = 4
_GROUP = 32  # images per task: a task per tiny image would cost more than decoding it
_HELD = 256  # images decoded ahead, and their bytes, decoded or encoded
_HELD_BYTES = 1 << 28
_LARGE_PIXELS = 1 << 24  # above, one image is decoded at a time
_large = Lock()
_TURNS = {  # by EXIF orientation: how to set the picture upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

log = logging.getLogger(__name__)


class Encoded(NamedTuple):
    """An encoded image: its name in messages, how to read it, and its bytes already in memory."""

    name: str
    read: Callable[[], bytes]
    held: int = 0


class Resize(NamedTuple):
    """The side that images are resized to, in pixels, and how they become square."""

    side: int
    fit: Fit


class Decoded(NamedTuple):
    """Images of shape (n, H, W, C), uint8, and the digest of each JPEG's encoded bytes."""

    images: np.ndarray
    digests: list[bytes | None]


class _Image(NamedTuple):
    name: str
    pixels: np.ndarray  # (H, W, 1) or (H, W, 3)
    digest: bytes | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]


@checked
def decode_parts(
    parts: Mapping[str, tuple[int, Iterable[Encoded]]],
    *,
    image_size: Side | None = None,
    fit: Fit = "squash",
) -> dict[str, Decoded]:
    """Decode the parts of a data set to one size and one number of channels.

    Parameters
    ----------
    parts : mapping of name to (n, iterable of n Encoded)
    image_size : int, optional
        Side in pixels that every image is resized to (bilinear, antialiased). Without it all
        images must have one size.
    fit : {"squash", "crop", "pad"}, default="squash"
        How an image that is not square becomes square: squashed regardless of its aspect ratio,
        cropped to its middle, or padded with black.

    Raises
    ------
    ValueError
        If a file is not an image of a known format, is damaged, has more than 8 bits per channel
        or several frames, or differs in size from the first.
    """
    if fit != "squash" and image_size is None:
        raise ValueError(f"fit={fit!r} needs image_size")
    resize = None if image_size is None else Resize(image_size, fit)
    first: _Image | None = None
    decoded = {}
    for name, (n, items) in parts.items():
        start = time.perf_counter()
        first, decoded[name] = _decode_part(name, n, items, resize, first)
        log.info("decoded %d %s images in %.1f s", n, name, time.perf_counter() - start)
    if len({part.images.shape[3] for part in decoded.values()}) > 1:
        decoded = {k: Decoded(as_rgb(v.images), v.digests) for k, v in decoded.items()}
    return decoded


def _decode_part(
    name: str, n: int, items: Iterable[Encoded], resize: Resize | None, first: _Image | None
) -> tuple[_Image, Decoded]:
    """Decode one part; ``first`` is an image decoded before, whose size all must have."""
    images = None
    digests: list[bytes | None] = []
    for image in _decode_all(items, resize, first):
        first = first or image
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


def _decode_all(
    items: Iterable[Encoded], resize: Resize | None, first: _Image | None
) -> Iterator[_Image]:
    """Decode in order, with a bounded number of images and bytes in memory."""
    items = iter(items)
    if first is None:
        if (item := next(items, None)) is None:
            return
        first = decode(item, resize)
        yield first

    most = max(1, min(_HELD, _HELD_BYTES // (3 * first.size[0] * first.size[1])))
    group = min(_GROUP, -(-most // _THREADS))

    def decode_group(group: list[Encoded]) -> list[_Image]:
        return [decode(item, resize, first) for item in group]

    with ThreadPoolExecutor(_THREADS) as pool:
        while batch := _batch(items, most):
            groups = [batch[start : start + group] for start in range(0, len(batch), group)]
            for images in pool.map(decode_group, groups):
                yield from images


def _batch(items: Iterator[Encoded], most: int) -> list[Encoded]:
    """The next images, as many as may be in memory together, at least one."""
    batch: list[Encoded] = []
    held = 0
    while len(batch) < most and held < _HELD_BYTES and (item := next(items, None)):
        batch.append(item)
        held += item.held
    return batch


def decode(item: Encoded, resize: Resize | None = None, first: _Image | None = None) -> _Image:
    """Decode one image to shape (H, W, 1) if it is grayscale, else to (H, W, 3).

    It is turned as its EXIF orientation says. Without ``resize`` it must have the size of
    ``first``, if there is one.
    """
    encoded = item.read()
    with _named(item.name):
        file = Image.open(io.BytesIO(encoded), formats=FORMATS)
        _check_header(file)
    if first is not None and resize is None:  # before pixels of another size take memory
        _check_size(item.name, first, sorted(file.size) == sorted(first.size), file.size)

    one_at_a_time = _large if file.width * file.height > _LARGE_PIXELS else nullcontext()
    with _named(item.name), file, one_at_a_time:
        file.load()
        turn = _TURNS.get(_orientation(file))
        image = file if turn is None else file.transpose(turn)
        image = image.convert("L" if file.mode in _GRAY else "RGB")
        if resize is not None and image.size != (resize.side, resize.side):
            image = _resized(image, resize)
        pixels = np.asarray(image)
    if first is not None:
        _check_size(item.name, first, image.size == first.size, image.size)
    digest = hashlib.sha256(encoded).digest() if encoded.startswith(_JPEG) else None
    return _Image(item.name, pixels[:, :, None] if pixels.ndim == 2 else pixels, digest)


def _resized(image: Image.Image, resize: Resize) -> Image.Image:
    size, how = (resize.side, resize.side), Image.Resampling.BILINEAR
    if resize.fit == "crop":
        return ImageOps.fit(image, size, how)
    return ImageOps.pad(image, size, how) if resize.fit == "pad" else image.resize(size, how)


def size_of(item: Encoded) -> tuple[int, int]:
    """Width and height of an image; only its header is decoded."""
    encoded = item.read()
    with _named(item.name), Image.open(io.BytesIO(encoded), formats=FORMATS) as file:
        return _turned_size(file)


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Turn any error of a decoder into a ValueError that names the file."""
    try:
        yield
    except UnidentifiedImageError as error:
        formats = f"not in one of the formats {', '.join(FORMATS)}, or its start is damaged"
        raise ValueError(f"{name} is not a readable image: {formats}") from error
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"{name} is not a readable image: {error}") from error


def _turned_size(image: ImageFile.ImageFile) -> tuple[int, int]:
    """Width and height after turning, as far as the file's header tells."""
    known = image.format not in ("PNG", "TIFF")  # PNG: may be at its end; TIFF: Pillow turns it
    sideways = known and _orientation(image) >= 5
    return (image.height, image.width) if sideways else image.size


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 to 8; 1 (upright) if none can be read."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # parsers of damaged metadata raise anything; the picture may be whole
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _check_header(image: ImageFile.ImageFile) -> None:
    """Refuse several frames, and pixels of more than 8 bits, before anything is decoded."""
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


def _check_size(name: str, first: _Image, fits: bool, size: tuple[int, int]) -> None:
    if not fits:
        raise ValueError(
            f"images must be of one size (width x height): {name} is {size[0]} x {size[1]}, "
            f"{first.name} is {first.size[0]} x {first.size[1]}; set image_size to resize them"
        )
