"""Sealed outputs: every change of content is noticed, and nothing else is touched."""

import os
from pathlib import Path

import pytest

from fairprune.jobs.seals import FOLDER, seal, set_damaged_aside, unseal

OUTPUT = Path("results/tiny/scores/el2n/seed0.parquet")
CONTENT = b"0123456789" * 100


@pytest.fixture
def path(tmp_path):
    path = tmp_path / OUTPUT
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    seal([OUTPUT], tmp_path)
    return path


@pytest.mark.parametrize(
    "damaged",
    [CONTENT[:500], b"", CONTENT[:500] + b"X" + CONTENT[501:], CONTENT + b"more"],
    ids=["cut", "empty", "flipped", "longer"],
)
def test_a_damaged_output_is_set_aside_once(tmp_path, path, damaged):
    path.write_bytes(damaged)
    assert set_damaged_aside(tmp_path) == [OUTPUT]
    assert not path.exists()
    assert path.with_name("seed0.parquet.damaged").read_bytes() == damaged
    path.write_bytes(CONTENT[:10])
    assert set_damaged_aside(tmp_path) == [] and path.exists()


def test_what_is_as_it_was_stays(tmp_path, path):
    assert set_damaged_aside(tmp_path) == []
    path.touch()
    assert set_damaged_aside(tmp_path) == []
    assert path.read_bytes() == CONTENT


def test_only_touched_files_are_read_and_only_once(tmp_path, path, monkeypatch):
    read = []
    monkeypatch.setattr("fairprune.jobs.seals.file_hash", lambda p: read.append(p) or sha256)
    sha256 = (tmp_path / FOLDER / f"{OUTPUT}.seal").read_text().split('"')[-2]
    set_damaged_aside(tmp_path)
    assert read == []
    os.utime(path, ns=(1, 1))
    set_damaged_aside(tmp_path)
    assert len(read) == 2  # compared, and sealed again
    set_damaged_aside(tmp_path)
    assert len(read) == 2


def test_what_a_job_has_begun_to_rewrite_is_not_judged(tmp_path, path):
    unseal([OUTPUT], tmp_path)
    path.write_bytes(b"half")
    assert set_damaged_aside(tmp_path) == []
    assert path.read_bytes() == b"half"


def test_a_seal_that_was_cut_off_or_has_no_output_counts_as_none(tmp_path, path):
    (tmp_path / FOLDER / f"{OUTPUT}.seal").write_text('{"size": 10')
    assert set_damaged_aside(tmp_path) == []
    seal([OUTPUT], tmp_path)
    path.unlink()
    assert set_damaged_aside(tmp_path) == []
    path.write_bytes(b"other")
    assert set_damaged_aside(tmp_path) == []


def test_absolute_outputs_are_not_overwritten(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    seal([path])
    assert path.read_bytes() == CONTENT
