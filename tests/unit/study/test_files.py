"""Configuration files that YAML reads, and that nothing should unfold."""

import pytest

from fairprune.study.files import check_files
from tests.documentation import ROOT

BOMB = "a0: &a0 {x: 1}\n" + "".join(
    f"a{i}: &a{i} {{{', '.join(f'k{j}: *a{i - 1}' for j in range(9))}}}\n" for i in range(1, 9)
)
REFUSED = {
    "a key twice": ("run: [a]\nscores: {}\nrun: [b]\n", "line 3: the key 'run' is there twice"),
    "an inner key twice": ("a:\n  b: 1\n  'b': 2\n", "line 3: the key 'b' is there twice"),
    "aliases of aliases": (BOMB, "has more than 50000 values, aliases unfolded"),
    "a mapping in itself": ("a: &a\n  b: *a\n", "line 2: nested deeper than 20 levels"),
    "deep lists": ("a: " + "[" * 300 + "]" * 300, "nested deeper than 20 levels"),
    "deeper lists": ("a: " + "[" * 90_000 + "]" * 90_000, "is no YAML: .*maximum|nested deeper"),
    "many digits": ("a: " + "9" * 5000, "line 1: a number of 5000 digits"),
    "much text": ("a: " + "x" * 20_000, "line 1: a value of more than 10000 characters"),
    "no date": ("a: 2020-13-45", "is no plain YAML: month must be"),
    "no number": ("a: !!int abc", "is no plain YAML: invalid literal"),
    "a program": (
        "a: !!python/object/apply:os.system [x]",
        "is no plain YAML: could not determine",
    ),
    "no YAML": ("a: [", "is no YAML: .* line 2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_line_names_the_file_and_what_is_wrong(tmp_path, case):
    text, message = REFUSED[case]
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        check_files([path])
    assert str(error.value).startswith(str(path)) and "\n" not in str(error.value)


def test_a_file_of_another_encoding_is_named(tmp_path):
    (tmp_path / "study.yaml").write_bytes("# caf\xe9\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"study\.yaml is not UTF-8 text"):
        check_files([tmp_path / "study.yaml"])


def test_what_yaml_offers_in_moderation_passes(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: *a\n")
    (tmp_path / "b.yaml").write_text("")
    (tmp_path / "c.json").write_text('{"a":\t[1]}')
    files = [*tmp_path.iterdir(), *(ROOT / "config").glob("*.yaml")]
    assert len(files) > 5
    check_files(files)
