"""The wheel holds all that the library needs, and works away from this folder."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.documentation import ROOT

USE = """
import pathlib, sys

NEEDED = {"fairprune", "numpy", "scipy", "pyarrow"}


class Light:  # as if nothing else were installed
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        known = NEEDED | sys.stdlib_module_names
        if path is None and top not in known and not top.startswith("_sysconfig"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Light())
import numpy as np
import fairprune
from fairprune.storage.tables import PRUNED, write_table

assert fairprune.__file__.startswith(sys.argv[1]), fairprune.__file__
rng = np.random.default_rng(0)
labels, logits = np.arange(1000) % 4, rng.normal(size=(3, 1000, 4))
recorder = fairprune.Recorder(1000)
for epoch in logits:
    recorder.update(range(1000), epoch, labels)
    recorder.end_epoch()
view = recorder.record().train
scores = fairprune.scores
every = [scores.forgetting(view.correct), scores.aum(view.margin), scores.coreset(logits[0])]
every += [scores.el2n(logits[0], labels), scores.dual(view.probability, window=2)]
probability = np.full((1000, 4), 0.25)
every += [scores.moderate(logits[0], labels), scores.influence(logits[0], probability, labels)]
recall = fairprune.class_recall(labels, logits[0].argmax(1))
for values in every:
    kept = fairprune.prune(labels, 0.3, scores=values, recall=recall)
fairprune.closed_loop(labels, 0.3, lambda index: labels > 0)
fairprune.fairness(recall)
try:
    scores.ssp(logits[0], labels)
except ImportError as error:
    assert "pip install 'fairprune[scores]'" in str(error), error
table = {"index": kept, "label": labels[kept]}
write_table("kept.parquet", table, schema=PRUNED)
assert fairprune.load_pruned("kept.parquet").tolist() == kept.tolist()
print(len(kept))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("fairprune", "workflow", "config", "profiles"):
        shutil.copytree(ROOT / name, source / name, ignore=skipped)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "Snakefile"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run([*pip, *build], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_library_works_with_three_packages(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path / "site")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["300"], done.stderr


def test_types_licences_and_every_module_are_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "fairprune").rglob("*.py")}
    assert modules <= names
    assert "fairprune/py.typed" in names
    licences = [name for name in names if "dist-info/licenses/" in name]
    assert len(licences) == 2
    assert not any(name.startswith(("tests", "workflow", "benchmarks")) for name in names)


def test_the_command_plans_a_study_in_any_folder(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.yaml").write_text("run: [theory]\n")
    done = subprocess.run(
        [sys.executable, "-m", "fairprune.command", "status"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Study: mine.yaml" in done.stdout and "theory_figure" in done.stdout
    assert f"{tmp_path}/site/fairprune/_project/Snakefile" in done.stdout
