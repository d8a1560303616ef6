"""Constants of modules, checked before any job."""

import pytest

from fairprune import _source, registry
from fairprune.study.entries import check_constants

SCORE = 'QUERY = "full"\nNEEDS = "record"\n'
LOSS = "NEEDS_VALIDATION = False\n"
FIGURE = 'TITLE = "t"\nMETHODS = None\nNEEDS = ("final",)\n'


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """Gives a module the source, without a folder of its own."""
    caches = (_source._imports, _source.constants, _source.tree)

    def make(source):
        (tmp_path / "mine.py").write_text(source)
        monkeypatch.setattr(_source, "path", lambda module: tmp_path / "mine.py")
        for cache in caches:
            cache.cache_clear()

    yield make
    for cache in caches:
        cache.cache_clear()


@pytest.mark.parametrize("kind", registry.KINDS)
def test_those_of_our_modules_are_right(kind):
    for name in registry.names(kind):
        if kind != "figures" or registry.constant(kind, name, "METHODS", ()) != ():
            check_constants(kind, name)


@pytest.mark.parametrize(
    ("kind", "source", "said"),
    [
        ("scores", "QUERY = str(1)\n", "QUERY must be text, got nothing that is a literal"),
        ("scores", SCORE.replace("record", "records"), "NEEDS must be .*, got 'records'"),
        ("scores", SCORE + 'VIEW = str("train")\n', "VIEW must be one of .*, got nothing"),
        ("scores", SCORE + 'VIEW = "training"\n', "VIEW must be one of train, evaluation"),
        ("scores", SCORE.replace("QUERY", "QUERRY"), "QUERRY is no .*; did you mean QUERY"),
        ("scores", SCORE.replace("NEEDS", "NEED"), "NEED is no .*; did you mean NEEDS"),
        ("scores", SCORE + 'SERIES = "kl"\n', "SERIES must be one of kl_step"),
        ("scores", SCORE + "WINDOW = 0\n", r"WINDOW must be an integer in \[1, inf\], got 0"),
        (
            "scores",
            SCORE + 'ARTIFACT = ("a",)\n',
            r"has ARTIFACT, and must define artifact\(\.\.\.",
        ),
        ("losses", "", "NEEDS_VALIDATION must be true or false"),
        ("losses", LOSS + "NEEDS_TEACHER = True\n", r".* must define with_teacher\(\.\.\.\)"),
        ("quota_rules", "ROUNDS = True\n", "ROUNDS must be a dict of rounds, seeds, epochs_share"),
        ("models", 'INPUTS = "features"\n', "INPUTS must be a tuple, got 'features'"),
        ("models", 'INPUTS = ("feature",)\n', r"INPUTS\[0\] must be one of images, features"),
        ("data", 'INPUTS = "rows"\n', "INPUTS must be one of images, features, tokens"),
        ("figures", FIGURE.replace("METHODS = None\n", ""), "METHODS must be a tuple or None"),
        ("figures", FIGURE.replace("TITLE", "NAME"), "TITLE must be text"),
        ("figures", FIGURE + "CAPTION = 3\n", "CAPTION must be text, got 3"),
        ("figures", FIGURE, r".* must define plotted_table\(\.\.\.\)"),
        ("figures", FIGURE.replace("final", "finals"), r"NEEDS\[0\] must be one of final, pruned"),
    ],
)
def test_what_is_missing_or_wrong_is_said_with_the_file(entry, kind, source, said):
    entry(source)
    with pytest.raises(ValueError, match=rf"mine\.py:? {said}"):
        check_constants(kind, "mine")


def test_rounds_need_their_functions(entry):
    rounds = 'ROUNDS = {"rounds": 2, "seeds": 1, "epochs_share": 0.5}\n'
    entry(rounds + "def updated(): ...\n")
    with pytest.raises(ValueError, match=r"has ROUNDS, and must define started\(\.\.\.\)"):
        check_constants("quota_rules", "mine")
    entry(rounds.replace("0.5", "5"))
    with pytest.raises(ValueError, match=r"ROUNDS\['epochs_share'\] must be a number in \(0, 1\]"):
        check_constants("quota_rules", "mine")


def test_a_good_figure_passes(entry):
    entry(FIGURE + "def plotted_table(*, final): ...\ndef draw(table): ...\n")
    check_constants("figures", "mine")


def test_names_beside_the_constants_are_free(entry):
    entry(SCORE + 'VIEW = "train"\nVIEWS = ("train", "evaluation")\nSCALE = 2\n_SERIE = 1\n')
    check_constants("scores", "mine")
