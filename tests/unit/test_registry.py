import subprocess
import sys

import pytest

import fairprune.scores
from fairprune import _source, registry


def test_entries_are_the_files_of_a_folder():
    assert {"el2n", "forgetting", "coreset"} <= set(registry.names("scores"))
    assert not any(name.startswith("_") for kind in registry.KINDS for name in registry.names(kind))
    assert not {"style", "panels"} & set(registry.names("figures"))


def test_unknown_name_lists_the_known_and_the_nearest():
    with pytest.raises(ValueError, match=r"unknown scores 'el2m'; known: .*el2n.* mean 'el2n'\?"):
        registry.load("scores", "el2m")


def test_unknown_kind():
    with pytest.raises(ValueError, match="unknown kind 'score'"):
        registry.names("score")


@pytest.mark.parametrize("kind", ["scores", "figures", "quota_rules", "losses", "selectors"])
def test_constants_read_from_source_are_those_of_the_module(kind):
    names = ("QUERY", "NEEDS", "VIEW", "METHODS", "FINAL_METHODS", "NEEDS_VALIDATION")
    for entry in registry.names(kind):
        module = registry.load(kind, entry)
        for name in names:
            assert registry.constant(kind, entry, name) == getattr(module, name, None)


def test_planning_and_record_scores_do_not_import_torch_or_matplotlib():
    code = (
        "import sys; from fairprune import registry, selection; from fairprune.study import study; "
        "[registry.constant('scores', s, 'NEEDS') for s in registry.names('scores')]; "
        "[registry.load('scores', s) for s in registry.names('scores') "
        " if registry.constant('scores', s, 'NEEDS') == 'record']; "
        "assert not {'torch', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


GOOD = 'QUERY = "full"\nNEEDS = "record"\n\n\ndef score(query): ...\n'


@pytest.fixture
def scores(tmp_path, monkeypatch):
    """Folder of scores of one's own, forgotten after the test."""
    monkeypatch.setattr(fairprune.scores, "__path__", [*fairprune.scores.__path__, str(tmp_path)])
    monkeypatch.syspath_prepend(tmp_path)  # monkeypatch forgets what finders remember
    caches = (registry.names, _source.constants, _source.parameters, _source.tree)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (GOOD.replace("score", "scores"), r" must define .* `def score\(\.\.\.\):`"),
        (GOOD.replace("def", "async def"), r" must define .* `def score\(\.\.\.\):`"),
        (GOOD.replace("def score(query)", "class score"), r" must define .* `def score"),
        ("from fairprune.scores.el2n import score\n", r" must define .* `def score"),
        ("score = lambda query: 0\n", r" must define .* `def score"),
        ("if True:\n    def score(query): ...\n", r" must define .* `def score"),
        (GOOD + "x = = 3\n", ", line 6: this is not Python: invalid syntax"),
        (GOOD + "# gr\xf6sse\n", ": this is not Python in UTF-8: 'utf-8' codec"),
    ],
)
def test_what_is_wrong_with_a_module_is_said_with_its_file(scores, source, said):
    (scores / "mine.py").write_text(source, encoding="latin-1")
    with pytest.raises(ValueError, match=rf"mine\.py{said}"):
        registry.check_options("scores", "mine", {}, "scores.mine.options")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "too many positional arguments"),
        ("query, smallest", "missing a required argument: 'smallest'"),
        ("*, query", "too many positional arguments"),
    ],
)
def test_a_function_that_cannot_be_called_is_refused_before_any_job(scores, arguments, said):
    (scores / "mine.py").write_text(GOOD.replace("(query)", f"({arguments})"))
    line = r"`def score\(query, \*, \.\.\.\)`"
    with pytest.raises(ValueError, match=rf"mine\.py .* {line}.*: {said}"):
        registry.check_options("scores", "mine", {}, "scores.mine.options")


def test_a_module_with_a_byte_order_mark_is_read_as_python_reads_it(scores):
    (scores / "mine.py").write_text(GOOD, encoding="utf-8-sig")
    registry.check_options("scores", "mine", {}, "scores.mine.options")
    assert registry.constant("scores", "mine", "QUERY") == "full"


def test_looking_at_constants_runs_nothing(scores):
    expressions = {
        "opened": f"open({str(scores / 'written')!r}, 'w')",
        "imported": "__import__('os').getpid()",
        "hidden": "[].append(print())",
        "impossible": "1 / 0",
        "PLAIN": "(2 ** 3, 1 << 2, 'a' + 'b', [*'ab'], {'a': 1.5}['a'])",
        "Choice": "Annotated[int, Range(0, 1)] | None",
    }
    lines = [f"{name} = {text}\n" for name, text in expressions.items()]
    (scores / "mine.py").write_text(GOOD + "".join(lines))
    found = {name for name in expressions if registry.constant("scores", "mine", name) is not None}
    assert found == {"PLAIN", "Choice"} and not (scores / "written").exists()
    assert registry.constant("scores", "mine", "PLAIN") == (8, 4, "ab", ["a", "b"], 1.5)
