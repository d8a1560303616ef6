"""Files that appear whole or not at all, and what writers that were killed leave."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairprune.storage.atomic import atomic_path

WRITER = """
import sys, time
from fairprune.storage.atomic import atomic_path
with atomic_path(sys.argv[1]) as path:
    path.write_text("half")
    print(path, flush=True)
    time.sleep(60)
"""


def writer(path):
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", WRITER, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    return process, Path(process.stdout.readline().strip())


def test_the_next_writer_removes_what_a_killed_one_left_and_no_living_ones(tmp_path):
    path, other = tmp_path / "model.pt", tmp_path / "model.pt.more"
    (killed, left), (alive, kept), (stranger, strange) = writer(path), writer(path), writer(other)
    killed.kill()
    stranger.kill()
    killed.wait()
    stranger.wait()
    assert left.read_text() == kept.read_text() == "half" and not path.exists()
    with atomic_path(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    assert not left.exists() and kept.exists() and strange.exists()
    alive.kill()
    alive.wait()


def test_what_another_user_left_is_in_nobodys_way(tmp_path, monkeypatch):
    left = tmp_path / f".file.{'0' * 32}.tmp"
    left.touch()

    def open_as_other_user(path, mode):
        if path == left:
            raise PermissionError(13, "Permission denied", str(path))
        return open(path, mode)

    monkeypatch.setattr("fairprune.storage.atomic.open", open_as_other_user, raising=False)
    with atomic_path(tmp_path / "file") as temporary:
        temporary.write_text("whole")
    assert {path.name for path in tmp_path.iterdir()} == {"file", left.name}


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_text("")
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="stopped"), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("stopped")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_new_content_appears_when_the_block_ends(tmp_path):
    path = tmp_path / "folder" / "file"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]
