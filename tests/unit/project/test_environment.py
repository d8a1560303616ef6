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


def required(extras, names):
    """Requirements of these extras, those of the extras that they name included."""
    for name in names:
        for requirement in extras[name]:
            if requirement.startswith("fairprune["):
                yield from required(extras, requirement[len("fairprune[") : -1].split(","))
            else:
                yield requirement


def test_a_library_needs_three_packages_and_no_version_of_torch_in_particular():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert [split(r)[0] for r in project["dependencies"]] == ["numpy", "pyarrow", "scipy"]
    for extra in project["optional-dependencies"]:
        if extra != "workflow":
            versions = dict(map(split, required(project["optional-dependencies"], [extra])))
            assert "<" not in versions.get("torch", ""), extra


def test_same_requirements():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pip = [*project["dependencies"], *required(project["optional-dependencies"], EXTRAS)]
    pip.append("python" + project["requires-python"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert conda[-1] == {"pip": ["."]}  # conda gives pip these in a file, which holds no options
    names = [split(r) for r in conda if isinstance(r, str) and r != "pip"]
    assert {CONDA_NAMES.get(n, n): v for n, v in names} == dict(map(split, pip))
    least = dict(map(split, pip))["snakemake"].rpartition(">=")[2]
    assert f'min_version("{least}")' in (ROOT / "Snakefile").read_text()


def test_rules_are_deployed_with_what_a_whole_installation_has_but_snakemake_and_tests():
    whole = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    tests = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    left_out = {split(r)[0] for r in tests["optional-dependencies"]["test"]} | {"snakemake-minimal"}
    wanted = {r for r in whole if isinstance(r, str) and r != "pip" and split(r)[0] not in left_out}
    rules = yaml.safe_load((ROOT / "workflow/envs/fairprune.yaml").read_text())
    assert set(rules["dependencies"]) == wanted
