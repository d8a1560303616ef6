import subprocess
import sys

import pytest

from fairprune import registry


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
