"""The wheel holds all that the library needs, and works away from this folder."""

import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.documentation import ROOT

USE = """
import sys
sys.modules.update(dict.fromkeys(("torch", "snakemake", "matplotlib")))  # importing them fails
import numpy as np
import fairprune
from fairprune import registry

assert fairprune.__file__.startswith(sys.argv[1]), fairprune.__file__
dataset = registry.load("data", "fashion_mnist_mini").load(None)
labels = dataset.labels["train"]
kept = fairprune.prune(labels, 0.3, recall=np.linspace(0.1, 0.9, 10))
print(len(labels), len(kept), np.bincount(labels[kept]).argmax())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "fairprune", source / "fairprune", ignore=skipped)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source]
    subprocess.run([*pip, *build], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_library_works_without_snakemake_or_torch(wheel, tmp_path):
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
    assert done.stdout.split() == ["5000", "1500", "0"], done.stderr


def test_types_licences_and_every_module_are_in_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {str(path.relative_to(ROOT)) for path in (ROOT / "fairprune").rglob("*.py")}
    assert modules <= names
    assert "fairprune/py.typed" in names
    licences = [name for name in names if "dist-info/licenses/" in name]
    assert len(licences) == 2
    assert not any(name.startswith(("tests", "workflow", "benchmarks")) for name in names)
