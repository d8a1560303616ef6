"""Images and names that no data set should hold."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageOps

from fairprune.data import _images, image_folder
from fairprune.data._images import Encoded, decode, decode_parts, size_of

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
COLOUR = Image.fromarray(PIXELS)
TURNED = COLOUR.rotate(90)


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(depth, colour, rows, *, size=(4, 4), more=b""):
    """A PNG made by hand, of a depth or with chunks that Pillow does not write."""

    def chunk(kind, data):
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0))
    if more:
        more = chunk(b"zTXt", b"k\0\0" + zlib.compress(more))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + more + body + chunk(b"IEND", b"")


ROW = b"\0" + b"\1" * 12  # filter, then four pixels of three channels
FRAMES = {"save_all": True, "append_images": [TURNED]}
REFUSED = {
    "nothing": (b"", "not in one of the formats PNG, JPEG"),
    "text": (b"hello", "not in one of the formats"),
    "start alone": (encoded(COLOUR, "PNG")[:8], "not in one of the formats"),
    "half": (encoded(COLOUR, "PNG")[:150], "truncated"),
    "half a JPEG": (encoded(COLOUR.resize((64, 64)), "JPEG")[:-200], "truncated"),
    "start of another format": (b"\xff\xd8\xff" + encoded(COLOUR, "PNG")[3:], "not in one of"),
    "no width": (png(8, 2, b"", size=(0, 4)), "not in one of the formats"),
    "bomb": (png(8, 0, b"", size=(100_000, 100_000)), "bomb"),
    "bomb of text": (png(8, 2, ROW * 4, more=bytes(10**7)), "too large"),
    "16 bits, gray": (png(16, 0, (b"\0" + b"\x9c\x40" * 4) * 4), "do not fit into 8 bits"),
    "16 bits, colour": (png(16, 2, (b"\0" + b"\x9c\x40" * 12) * 4), "do not fit into 8 bits"),
    "16 bits, alpha": (png(16, 6, (b"\0" + b"\x9c\x40" * 16) * 4), "do not fit into 8 bits"),
    "16 bits, PPM": (b"P6 2 2 65535\n" + b"\x9c\x40" * 12, "do not fit into 8 bits"),
    "floats": (encoded(Image.fromarray(np.ones((4, 4), np.float32)), "TIFF"), "'F' do not fit"),
    "another program's": (encoded(COLOUR, "EPS"), "not in one of the formats"),
    "film": (encoded(COLOUR.convert("P"), "GIF", **FRAMES), "several frames"),
    "film in PNG": (encoded(COLOUR, "PNG", **FRAMES), "several frames"),
    "film in WebP": (encoded(COLOUR, "WEBP", lossless=True, **FRAMES), "several frames"),
    "pages": (encoded(COLOUR, "TIFF", **FRAMES), "several frames"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_plain_image_is_named_and_refused(case):
    content, message = REFUSED[case]
    with pytest.raises(ValueError, match=rf"^the file is not a readable image: .*{message}"):
        decode(Encoded("the file", lambda: content))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "GIF", "JPEG", "WEBP"])
def test_single_images_of_every_format_are_read(kind):
    assert decode(Encoded("f", lambda: encoded(COLOUR, kind))).pixels.shape == (8, 8, 3)


def test_the_picture_of_a_jpeg_with_previews_is_read():
    content = encoded(COLOUR, "MPO", **FRAMES)
    picture = decode(Encoded("f", lambda: content)).pixels
    alone = encoded(COLOUR, "JPEG")
    np.testing.assert_array_equal(picture, decode(Encoded("g", lambda: alone)).pixels)


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pillow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM"]),
    place=st.floats(0, 1, exclude_max=True),
    new=st.binary(max_size=4),
)
def test_damaged_images_decode_or_are_named(kind, place, new):
    content = encoded(COLOUR, kind)
    start = int(place * len(content))
    content = content[:start] + new + content[start + len(new) :] if new else content[:start]
    try:
        assert decode(Encoded("the file", lambda: content)).pixels.dtype == np.uint8
    except ValueError as error:
        assert str(error).startswith("the file is not a readable image: ")


def test_a_name_that_is_no_text_is_shown(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        COLOUR.save(tmp_path / name / "1.png")
    os.link(tmp_path / "cat" / "1.png", os.fsencode(tmp_path / "cat") + b"/\xff.png")
    with pytest.raises(ValueError, match="cat/.udcff.png': a name must be one line of UTF-8"):
        image_folder.load(tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_set_upright(kind, orientation):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    item = Encoded("f", lambda: encoded(COLOUR.resize((6, 4)), kind, exif=exif))
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(item.read()))).convert("RGB")
    pixels = decode(item).pixels
    np.testing.assert_array_equal(pixels, np.asarray(expected))
    assert pixels.shape[:2] == ((6, 4) if orientation >= 5 else (4, 6))
    if kind != "PNG":  # which may say it after the pixels
        assert size_of(item) == (pixels.shape[1], pixels.shape[0])


def test_a_turned_picture_must_have_the_size_of_the_others():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    wide = encoded(COLOUR.resize((6, 4)), "JPEG")
    turned = encoded(COLOUR.resize((6, 4)), "JPEG", exif=exif)
    items = [Encoded("wide", lambda: wide), Encoded("turned", lambda: turned)]
    with pytest.raises(ValueError, match="turned is 4 x 6, wide is 6 x 4; set image_size"):
        decode_parts({"train": (2, items)})


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pillow
def test_a_picture_with_damaged_metadata_is_read():
    content = encoded(COLOUR, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(range(50)))
    alone = encoded(COLOUR, "JPEG")
    np.testing.assert_array_equal(
        decode(Encoded("f", lambda: content)).pixels, decode(Encoded("f", lambda: alone)).pixels
    )


@pytest.mark.parametrize("held", [0, 1 << 20])
def test_few_large_images_are_in_memory_together(monkeypatch, held):
    """Decoded bytes limit how far the reader is ahead, or those that wait to be decoded."""
    monkeypatch.setattr(_images, "_HELD_BYTES", 5 << 20 if held else 3 * 8 * 8 * 5)
    content, given = encoded(COLOUR, "PNG"), []

    def items():
        for number in range(40):
            given.append(number)
            yield Encoded(str(number), lambda: content, held)

    for taken, _ in enumerate(_images._decode_all(items(), None, None), 1):
        assert len(given) <= taken + 5
