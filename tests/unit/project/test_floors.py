"""The floors of the package: who may import whom, and what `import fairprune` may not load."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest

from tests.documentation import ROOT

# From the ground up: each floor and the floors below it that it may import.
FLOORS = {
    "top": set(),
    "storage": {"top"},
    "study": {"top"},
    "jobs": {"top", "storage", "study"},
    "algorithms": {"top"},
    "training": {"top", "storage", "study"},
    "reporting": {"top", "storage"},
    "data": {"top", "storage"},
    "models": {"top"},
    "losses": {"top"},
    "scores": {"top", "algorithms", "training"},
    "quota_rules": {"top", "algorithms"},
    "theory": {"top", "quota_rules"},
    "selectors": {"top", "algorithms"},
    "library": {"top", "storage", "algorithms", "training", "data", "quota_rules"},
    "figures": {"top", "storage", "theory", "reporting"},
    "stages": {
        *("top", "storage", "library", "study", "jobs"),
        *("algorithms", "training", "reporting", "figures"),
    },
    "new_study": {"top", "storage", "study", "jobs", "training", "data"},
    "command": {"top", "storage", "library", "study", "jobs", "stages", "new_study"},
    "workflow": {"top", "storage", "library", "study", "jobs", "stages"},
    "integrations": {"library"},
    "door": {"top", "library", "scores"},
}
DOOR = "fairprune"  # fairprune/__init__.py, which no module of the package goes through


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in sorted((ROOT / "fairprune").rglob("*.py"))}
WORKFLOW = [
    *(ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"),
    *sorted((ROOT / "workflow" / "rules").glob("*.smk")),
    *sorted((ROOT / "workflow" / "scripts").glob("*.py")),
]


def imports(text):
    """Modules of the package that a source imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & MODULES.keys() or {node.module}
    return found & MODULES.keys()


def floor_of(module):
    if module == DOOR:
        return "door"
    floor = module.split(".")[1]
    return floor if floor in FLOORS else "top"


IMPORTS = {module: imports(path.read_text()) for module, path in MODULES.items()}


def test_the_picture_has_no_way_up():
    below = set()
    for floor, allowed in FLOORS.items():
        assert allowed <= below, floor
        below.add(floor)


@pytest.mark.parametrize("floor", [floor for floor in FLOORS if floor != "workflow"])
def test_a_floor_imports_only_what_is_listed_for_it(floor):
    modules = [module for module in MODULES if floor_of(module) == floor]
    assert modules
    allowed = {floor, *FLOORS[floor]}
    pairs = [(module, other) for module in modules for other in IMPORTS[module]]
    assert [pair for pair in pairs if floor_of(pair[1]) not in allowed] == []


def test_the_workflow_imports_only_what_is_listed_for_it():
    lines = [
        line.strip()
        for path in WORKFLOW
        for line in path.read_text().splitlines()
        if re.match(r"\s*(from|import) fairprune", line)
    ]
    used = imports("\n".join(lines))
    assert len(lines) > 40
    assert {floor_of(module) for module in used} <= FLOORS["workflow"]


def test_no_modules_import_each_other_in_a_circle():
    assert set(TopologicalSorter(IMPORTS).static_order()) == MODULES.keys()


def test_the_package_is_imported_without_torch_pandas_or_pyarrow():
    code = "import sys, fairprune; assert not {'torch', 'pandas', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_no_file_of_code_is_longer_than_a_reader_holds():
    folders = ("fairprune", "workflow", "tests", "tools", "benchmarks")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.*")]
    code = [file for file in files if file.suffix in (".py", ".smk")]
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in code}
    assert len(code) > 300 and not {file for file, n in lengths.items() if n > 300}
