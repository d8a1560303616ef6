"""environment.yml and pyproject.toml ask for the same packages in the same versions."""

import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
CONDA_NAMES = {"pytorch": "torch", "snakemake-minimal": "snakemake"}
EXTRAS = ("workflow", "test")


def split(requirement):
    end = next(i for i, c in enumerate(requirement) if c in "<>=!~")
    return requirement[:end].strip(), ",".join(sorted(requirement[end:].split(",")))


def test_same_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pip = list(project["dependencies"])
    for extra in EXTRAS:
        pip += project["optional-dependencies"][extra]
    pip.append("python" + project["requires-python"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    names = [split(r) for r in conda if isinstance(r, str) and r != "pip"]
    assert {CONDA_NAMES.get(n, n): v for n, v in names} == dict(map(split, pip))
