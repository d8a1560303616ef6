"""Archives that are damaged, dangerous or too large."""

import hashlib
import stat
import warnings
import zipfile

import pytest

from fairprune.data import _archive, tiny_imagenet
from tests.unit.data.test_folders import make_zip


def test_truncated_archive_is_refused(tmp_path):
    archive = make_zip(tmp_path)
    archive.write_bytes(archive.read_bytes()[:-100])
    with pytest.raises(ValueError, match="is no complete zip archive"):
        tiny_imagenet.load(archive, download=False)


def test_damaged_member_is_named(tmp_path):
    archive = make_zip(tmp_path)
    with zipfile.ZipFile(archive) as file:
        offset = file.getinfo(f"{tiny_imagenet.TOP}/val/images/val_3.JPEG").header_offset
    content = bytearray(archive.read_bytes())
    content[offset + 200 : offset + 220] = bytes(20)
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=r"member .*val_3\.JPEG is damaged"):
        tiny_imagenet.load(archive, download=False)


def test_the_published_archive_is_verified_where_it_may_be_fetched(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "made")
    (tmp_path / "only").mkdir()
    there = archive.rename(tmp_path / "only" / archive.name)
    for root in (there, there.parent):
        with pytest.raises(ValueError, match=rf"{there.name} has checksum md5:.*download: false"):
            tiny_imagenet.load(root)
        assert tiny_imagenet.files(root, download=True) == [there]  # planning reads none of it
    known = f"md5:{hashlib.md5(there.read_bytes()).hexdigest()}"
    monkeypatch.setattr(tiny_imagenet, "CHECKSUM", known)
    tiny_imagenet.load(there.parent)


def test_an_archive_of_another_name_has_no_checksum(tmp_path):
    archive = make_zip(tmp_path)
    tiny_imagenet.load(archive.rename(tmp_path / "mine.zip"))


def member(name, mode=stat.S_IFREG | 0o644):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (member(""), "has no name"),
        (member("/etc/passwd"), "unsafe path"),
        (member("tiny-imagenet-200/../../x"), "unsafe path"),
        (member("..\\x"), "unsafe path"),
        (member("tiny-imagenet-200/link", stat.S_IFLNK | 0o777), "is a link"),
    ],
)
def test_archive_with_dangerous_members_is_refused(tmp_path, info, message):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, b"x")
    with pytest.raises(ValueError, match=message):
        tiny_imagenet.load(tmp_path / "a.zip")


def test_archive_with_two_members_of_one_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for content in ("one", "other"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                file.writestr("tiny-imagenet-200/wnids.txt", content)
    with pytest.raises(ValueError, match="has two members 'tiny-imagenet-200/wnids.txt'"):
        tiny_imagenet.load(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED]
)
def test_damage_of_every_compression_is_named(tmp_path, method):
    name = f"{tiny_imagenet.TOP}/wnids.txt"
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as file:
        file.writestr(name, bytes(range(256)) * 20)
        offset = file.getinfo(name).header_offset
    content = bytearray((tmp_path / "a.zip").read_bytes())
    content[offset + 60 : offset + 100] = bytes(40)
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.zip, member .*wnids\.txt is damaged"):
        tiny_imagenet.load(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("limit", "message"),
    [("MAX_FILE_BYTES", "'b' is larger than 100"), ("MAX_TOTAL_BYTES", "unpacks to 130 bytes")],
)
def test_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch, limit, message):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", bytes(20))
        file.writestr("b", bytes(110))
    monkeypatch.setattr(_archive, limit, 100)
    with pytest.raises(ValueError, match=message):
        tiny_imagenet.load(tmp_path / "a.zip")
