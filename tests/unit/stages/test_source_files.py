"""Whether the files of a source are those that a data set was made from."""

import json
import os

import pytest

from fairprune.stages import source_files
from fairprune.stages.source_files import listing, made_from, remember, remember_times
from tests.unit.data.test_folders import make_folder, save


@pytest.fixture
def entry(tmp_path):
    make_folder(tmp_path / "birds", 4)
    return {"source": "image_folder", "root": str(tmp_path / "birds")}


@pytest.fixture
def made(entry, tmp_path):
    """The folder of a data set made from the images, and their listing."""
    folder = tmp_path / "results"
    listed = listing(entry, folder)
    remember(folder, made_from(entry, listed))
    return folder, listed


def touch(entry):
    images = sorted(source_files.Path(entry["root"]).glob("*/*"))
    for image in images:
        os.utime(image, (1e9, 1e9))
    return images


def reads(monkeypatch):
    """Counts the files whose content is read from now on."""
    read = []
    whole = source_files.file_hash
    monkeypatch.setattr(source_files, "file_hash", lambda path: read.append(path) or whole(path))
    source_files._content.cache_clear()
    return read


def test_unchanged_files_are_not_read(entry, made, monkeypatch):
    folder, listed = made
    read = reads(monkeypatch)
    assert listing(entry, folder) == listed
    assert read == []


def test_files_of_other_times_are_the_same(entry, made):
    folder, listed = made
    touch(entry)
    assert listing(entry, folder) == listed
    assert listing(entry, folder / "elsewhere") != listed


def test_files_of_other_times_are_read_until_a_run_remembers(entry, made, monkeypatch):
    folder, listed = made
    images = touch(entry)
    read = reads(monkeypatch)
    listing(entry, folder)
    assert sorted(read) == images
    remember_times(folder, entry)
    source_files._content.cache_clear()
    read.clear()
    assert listing(entry, folder) == listed
    assert read == []


def test_a_pixel_of_the_same_size_is_seen(entry, made):
    folder, listed = made
    image = touch(entry)[0]
    content = bytearray(image.read_bytes())
    content[-20] ^= 1
    image.write_bytes(content)
    os.utime(image, (1e9, 1e9))
    changed = listing(entry, folder)
    assert changed != listed
    remember_times(folder, entry)
    assert listing(entry, folder) == changed


def test_files_added_renamed_and_removed_are_seen_without_reading(entry, made, monkeypatch):
    folder, listed = made
    read = reads(monkeypatch)
    root = source_files.Path(entry["root"])
    image = touch(entry)[0]
    save(image.with_name("more.png"), 99)
    assert listing(entry, folder) != listed
    image.with_name("more.png").unlink()
    image.rename(image.with_name("renamed.png"))
    assert listing(entry, folder) != listed
    image.with_name("renamed.png").unlink()
    assert listing(entry, folder) != listed
    assert read == []
    assert root.exists()


def test_what_changes_after_the_reading_is_seen(entry, tmp_path):
    folder = tmp_path / "results"
    known = made_from(entry, listing(entry, folder))
    save(touch(entry)[0], 1234)
    remember(folder, known)
    assert listing(entry, folder) != known["listing"]


@pytest.mark.parametrize("text", ["", "[]", '{"listing": "x"}', "\0", '"a"'])
def test_a_damaged_memory_is_none(entry, made, text):
    folder, listed = made
    (folder / source_files.NAME).write_text(text)
    assert listing(entry, folder) == listed
    touch(entry)
    assert listing(entry, folder) != listed


def test_files_that_are_gone_are_no_matter_when_times_are_remembered(entry, made):
    folder, _ = made
    before = (folder / source_files.NAME).read_text()
    source_files.Path(entry["root"]).rename(folder / "gone")
    remember_times(folder, entry)
    assert json.loads((folder / source_files.NAME).read_text()) == json.loads(before)


def test_a_data_set_made_of_a_copy_remembers_its_times(entry, made, monkeypatch):
    folder, listed = made
    touch(entry)
    remember(folder, made_from(entry, listing(entry, folder)))
    read = reads(monkeypatch)
    assert listing(entry, folder) == listed
    assert read == []


def test_files_of_other_times_are_said_to_be_read(entry, made, caplog):
    folder, _ = made
    listing(entry, folder)
    assert caplog.text == ""
    n = len(touch(entry))
    listing(entry, folder)
    assert f"{n} source files have other times" in caplog.text


def test_files_that_are_verified_have_no_listing(tmp_path):
    entry = {"source": "cifar10", "root": str(tmp_path)}
    assert listing(entry, tmp_path) is None
    assert made_from(entry, None) is None
