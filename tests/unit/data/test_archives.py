"""Archives that are damaged, or not the published one."""

import hashlib
import zipfile

import pytest

from fairprune.data import tiny_imagenet
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
