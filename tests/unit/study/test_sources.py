import re
import subprocess
import sys

import pytest

from fairprune import _source
from fairprune.study.sources import _code, _with_imports, source_hash
from tests.documentation import ROOT

RULES = "\n".join(file.read_text() for file in sorted(ROOT.glob("workflow/rules/*.smk")))


def test_a_rule_depends_on_the_code_of_its_stage():
    """Trainings depend on their version; data, means and exports on what they are made from alone.

    An edit before the trainings trains everything again: quotas and scores have the hash of their
    own definition, not of the stages that read and write.
    """
    _, *parts = re.split(r"^rule (\w+):\n", RULES, flags=re.M)
    rules = dict(zip(parts[::2], parts[1::2], strict=True))
    hashed = re.compile(r"^        (source|version)=", re.M)
    assert [name for name, rule in rules.items() if not hashed.search(rule)] == [
        "data",
        "export_ids",
        "mean_score",
    ]


@pytest.mark.parametrize(
    ("stage", "followed"),
    [
        ("headline", {"reporting.below_random", "reporting.headline", "stages.collect"}),
        ("figure", {"stages.collect", "metrics"}),
    ],
)
def test_the_hash_of_a_stage_is_of_what_defines_its_numbers(stage, followed):
    modules = {
        name.removeprefix("fairprune.") for name in _with_imports([f"fairprune.stages.{stage}"])
    }
    assert followed <= modules
    assert not [name for name in modules if re.match("stages.inputs|library|storage|jobs", name)]


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


MODULE = '''"""A score."""

TEXT = """
# no comment
"""


def score(query):
    """Of a query."""
    # a comment
    return -query.record  # the other way
'''


def test_words_about_code_are_no_code(tmp_path, monkeypatch):
    def code(text):
        (tmp_path / "module.py").write_text(text)
        monkeypatch.setattr(_source, "path", lambda module: tmp_path / "module.py")
        _source.tree.cache_clear()
        return _code("module")

    first = code(MODULE)
    assert first.splitlines()[:3] == ['TEXT = """', "# no comment", '"""']
    said = MODULE.replace("Of a query.", "Of a\n\n    query.").replace("    # a comment\n", "\n")
    assert code(said.replace("A score", "Another")) == first
    for edit in [("no comment", "none"), ("-query", "query"), ("score(query", "score(query, x")]:
        assert code(MODULE.replace(*edit)) != first
    _source.tree.cache_clear()
