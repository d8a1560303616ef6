import subprocess
import sys

import pytest

from fairprune.storage.atomic import file_hash
from fairprune.storage.tables import PRUNED, write_table
from fairprune.study.runs import is_finished, run_key
from fairprune.study.sources import source_hash


def test_the_key_changes_with_settings_and_with_the_content_of_inputs(tmp_path):
    file = tmp_path / "input"
    file.write_text("a")
    key = run_key({"lr": 0.1, "b": [1, 2]}, {"data": file_hash(file)})
    assert key == run_key({"b": [1, 2], "lr": 0.1}, {"data": file_hash(file)})
    assert key != run_key({"lr": 0.2, "b": [1, 2]}, {"data": file_hash(file)})
    file.write_text("b")
    assert key != run_key({"lr": 0.1, "b": [1, 2]}, {"data": file_hash(file)})


def test_finished_means_the_same_key_and_undamaged_files(tmp_path):
    table, model = tmp_path / "t.parquet", tmp_path / "model"
    assert not is_finished(table, "key")
    model.write_bytes(b"weights")
    metadata = {"key": "key", "files": {"model": file_hash(model)}}
    write_table(table, {"index": [0], "label": [0]}, schema=PRUNED, metadata=metadata)
    assert is_finished(table, "key", {"model": model})
    assert not is_finished(table, "other key", {"model": model})
    model.write_bytes(b"weight")
    assert not is_finished(table, "key", {"model": model})
    model.unlink()
    assert not is_finished(table, "key", {"model": model})
    table.write_bytes(table.read_bytes()[:50])
    assert not is_finished(table, "key")


@pytest.mark.parametrize("files", [None, [], "model", {"model": None}, {"other": "hash"}])
def test_hashes_of_another_shape_finish_nothing(tmp_path, files):
    table, model = tmp_path / "t.parquet", tmp_path / "model"
    model.write_bytes(b"weights")
    metadata = {"key": "key", "files": files}
    write_table(table, {"index": [0], "label": [0]}, schema=PRUNED, metadata=metadata)
    assert not is_finished(table, "key", {"model": model})


def test_source_hash_is_of_all_modules():
    both = source_hash("fairprune.study.schedule", "fairprune.seeds")
    assert both != source_hash("fairprune.study.schedule") != source_hash("fairprune.seeds")


def test_source_hash_imports_nothing_of_what_it_hashes():
    program = """
import sys
from fairprune.study.sources import source_hash
source_hash("fairprune.figures.figure1", "fairprune.scores.grand", "fairprune.reporting.headline")
heavy = {"torch", "matplotlib", "scipy.stats", "pandas", "fairprune.reporting.headline"}
print(*heavy & {*sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
