"""The targets that ``fairprune export`` asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fairprune._validation import check
from fairprune.command.words import without_option
from fairprune.library.exporting import Form

_INDEX_SET = re.compile(r"(?:\./)?(results/[^/]+)/pruned/([^/]+/density[^/]+/seed\d+)\.parquet")
_FILES = {"ids": "ids.txt"}  # the others are folders of their names


def export_targets(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Targets for the index sets among the words, in the form that ``--form`` names; the rest.

    Without ``--form`` they are lists of ids.

    Raises
    ------
    ValueError
        If there is no index set, or the form is unknown.

    Examples
    --------
    >>> export_targets(["results/a/pruned/el2n/density0.3/seed0.parquet", "--form", "links", "-n"])
    (['results/a/exported/el2n/density0.3/seed0/links'], ['-n'])
    """
    form, rest = without_option(words, "--form")
    form = "ids" if form is None else form
    check("--form", form, Form)
    matches = [(word, _INDEX_SET.fullmatch(word)) for word in rest]
    targets = [f"{m[1]}/exported/{m[2]}/{_FILES.get(form, form)}" for _, m in matches if m]
    if not targets:
        raise ValueError(
            "export needs the path of an index set from the working directory: "
            "results/EXPERIMENT/pruned/METHOD/densityD/seedS.parquet"
        )
    return targets, [word for word, is_set in matches if not is_set]
