"""Update the limits of intervals in the prose of docs from the recalls in docs/results.

A method that joins a study moves the limits of the others a little, so that limits written by hand
become outdated. ``docs/results/prose.csv`` has a row for each interval, in the order of the pages,
and says which difference it belongs to. A row without a study is for a range that is no interval.
``python tools/make_prose.py`` writes the limits anew; ``--check`` lists those it would change.
"""

import argparse
import csv
import re
from functools import cache
from pathlib import Path

import pandas as pd

from fairprune.reporting.headline import difference_table
from fairprune.reporting.runs import IN_SHORT
from fairprune.storage.tables import read_table

ROOT = Path(__file__).parents[1]
FACTS = ROOT / "docs/results/prose.csv"
INTERVAL = re.compile(r"([+-]?\d+\.\d)(\s+to\s+)([+-]?\d+\.\d)(?!\d)")
NO_PROSE = re.compile(r"```.*?```|<!-- (\S.*?) -->.*?<!-- end of \1 -->", re.DOTALL)


def main() -> None:
    """Write the pages, and list the limits that differ from the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    changes = []
    for page, facts in pages().items():
        text = (ROOT / page).read_text()
        places = intervals(text)
        if len(places) != len(facts):
            raise SystemExit(f"{page} has {len(places)} intervals, {FACTS.name} {len(facts)}")
        for place, fact in reversed(list(zip(places, facts, strict=True))):
            if fact["study"] and place[0] != (limits := written(place, fact)):
                line = 1 + text.count("\n", 0, place.start())
                changes.append(f"{page}:{line}: {' '.join(place[0].split())} is {limits}")
                text = text[: place.start()] + limits + text[place.end() :]
        if not check:
            (ROOT / page).write_text(text)
    print("\n".join(sorted(changes)))
    if check and changes:
        raise SystemExit(1)


def pages() -> dict[str, list[dict[str, str]]]:
    """The rows of the file of facts, by page."""
    facts: dict[str, list[dict[str, str]]] = {}
    with FACTS.open() as file:
        for row in csv.DictReader(file):
            facts.setdefault(row.pop("page"), []).append(row)
    return facts


def intervals(text: str) -> list[re.Match[str]]:
    """The intervals of a page, except in its code and in the tables that tools write."""
    prose = NO_PROSE.sub(lambda match: re.sub(r"\S", " ", match[0]), text)
    return list(INTERVAL.finditer(prose))


def written(place: re.Match[str], fact: dict[str, str]) -> str:
    """The limits in the page's style: if it words a loss as positive, negated and swapped."""
    low, high = difference(fact)
    at = float(place[1]), float(place[3])
    if abs(at[0] + high) + abs(at[1] + low) < abs(at[0] - low) + abs(at[1] - high):
        low, high = -high, -low
    sign = "+" if f"{low:.1f}".startswith("-") and not f"{high:.1f}".startswith("-") else ""
    return f"{low:.1f}{place[2]}{high:{sign}.1f}"


def difference(fact: dict[str, str]) -> tuple[float, float]:
    """Limits of method minus baseline, in points."""
    table = differences(fact["study"])
    of = (table["method"] == fact["method"]) & (table["density"] == float(fact["density"]))
    (row,) = table[of & (table["baseline"] == fact["baseline"])].to_dict("records")
    (metric,) = [name for name, words in IN_SHORT.items() if words == fact["metric"]]
    return 100 * row[f"{metric}_lower"], 100 * row[f"{metric}_upper"]


@cache
def differences(study: str) -> pd.DataFrame:
    """Differences of all methods of a study to the baselines that the file of facts names."""
    facts = [fact for page in pages().values() for fact in page if fact["study"] == study]
    classes = read_table(FACTS.with_name(f"{study}_classes.parquet")).to_pandas()
    return difference_table(classes, sorted({fact["baseline"] for fact in facts}))


if __name__ == "__main__":
    main()
