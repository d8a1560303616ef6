"""The door of each job: its inputs are in their places, and were made with the study's settings.

Snakemake decides by times and by its own records what to make again. A file that was copied to
another's place, or one of other settings whose record is lost, it takes as it is; a job does not.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fairprune.jobs.cost import place_of_cost, read_cost
from fairprune.storage.provenance import place_of


def check_inputs(paths: Iterable[str], config: Mapping[str, Any]) -> None:
    """Refuse a table or arrays of another place, or of other settings than the study's.

    Parameters
    ----------
    paths : iterable of str
        Inputs of a job. Files without provenance pass, and so do files of the user's own that the
        configuration names.
    config : mapping
        The study's configuration, with defaults filled in.

    Raises
    ------
    ValueError
        Naming the first such file.
    """
    places = {
        path: place for path in paths if (place := place_of(path)) and _says_what_it_is(place)
    }
    if not places:
        return
    from fairprune.study.origins import content_of, entry_of
    from fairprune.study.study import Study

    study = Study(config)
    experiments = study.experiments.values()
    own_files = {Path(file) for experiment in experiments for file in experiment.own_files()}
    for path, place in places.items():
        if Path(path) in own_files:
            continue
        stored = _stored(path, place)
        if stored.get("path", place) != place:
            raise ValueError(
                f"{path} is not a readable result of its place: it is results/{stored['path']}"
            )
        expected = entry_of(study, place)
        if expected is None or "entry" not in stored:
            continue
        entry = content_of(stored["entry"]) if place.startswith("data/") else stored["entry"]
        if difference := _difference(entry, json.loads(json.dumps(expected))):
            raise ValueError(
                f"{path} is not a readable result of this study: it was made with other settings, "
                f"{difference}"
            )


def _says_what_it_is(place: str) -> bool:
    """A record and a model do not: the recalls beside them hold their hashes."""
    name, (experiment, *folders) = Path(place).name, place.split("/")
    is_cost = folders[:1] == ["costs"] and experiment != "data"  # where it is a data set's name
    return name.endswith(".parquet") or name.startswith("artifact") or is_cost


def _stored(path: str, place: str) -> dict[str, Any]:
    """What a result says of itself."""
    if path.endswith(".parquet"):
        from fairprune.storage.tables import read_metadata

        return read_metadata(path)
    if path.endswith(".npz"):
        from fairprune.storage.npz import read_arrays

        return read_arrays(path)[1]
    return {"path": f"{place.split('/')[0]}/costs/{place_of_cost(read_cost(path))}"}


def _difference(stored: object, expected: object, where: str = "") -> str:
    """The first setting that differs; empty if none does."""
    if stored == expected:
        return ""
    if not isinstance(stored, dict) or not isinstance(expected, dict):
        values = (reprlib.repr(value) for value in (stored, expected))
        return f"{where.rstrip('.') or 'all'}: {' in place of '.join(values)}"
    keys = {**stored, **expected}
    inside = (_difference(stored.get(key), expected.get(key), f"{where}{key}.") for key in keys)
    return next(filter(None, inside), f"the keys {sorted(stored.keys() ^ expected.keys())}")
