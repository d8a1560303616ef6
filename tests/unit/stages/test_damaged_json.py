"""Costs and fingerprints that were edited or damaged: an error names the file."""

import json

import pytest

from fairprune.jobs.cost import measured, read_cost
from fairprune.storage.canonical import write_canonical
from fairprune.storage.fingerprint import read_fingerprint
from tests.unit.storage.test_canonical import make_dataset


def check_edited(path, read, change):
    """A JSON file with other keys, or another text, is refused by its name."""
    edited = (
        change if isinstance(change, str) else json.dumps(json.loads(path.read_text()) | change)
    )
    path.write_text(edited)
    with pytest.raises(ValueError, match=rf"{path.name} is not a readable"):
        read(path)


NO_MAPPING = ("", "[]", "3", "null", "{}", "{", "[" * 100_000)
WRONG_FINGERPRINTS = ({"mean": 3}, {"arrays": {}}, {"arrays": [3]})


@pytest.mark.parametrize("change", [*NO_MAPPING, {"more": 1}])
def test_wrong_costs_are_named(tmp_path, change):
    with measured(tmp_path / "cost.json", stage="query", name="full", seed=3):
        pass
    check_edited(tmp_path / "cost.json", read_cost, change)


@pytest.mark.parametrize("change", [*NO_MAPPING, *WRONG_FINGERPRINTS])
def test_wrong_fingerprints_are_named(tmp_path, change):
    write_canonical(make_dataset(channels=1), tmp_path / "whole")
    path = tmp_path / "whole/fingerprint.json"
    check_edited(path, lambda path: read_fingerprint(path.parent), change)
