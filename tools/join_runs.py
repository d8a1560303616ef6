"""Join the final models in this folder with earlier ones, for a study of several nights.

Run from the root of the project, with an experiment and the number of seeds that a run must have:
``python tools/join_runs.py cifar100_fast 3``. Runs that are here with all seeds replace their rows
in ``docs/results/{experiment}_classes.parquet``; other rows are kept. The tables of docs/results.md
are updated. For the tables of other pages run ``make_comparison.py --joined``, and for intervals in
their prose ``make_prose.py``.
"""

import sys

import pandas as pd
from make_results import FOLDER, PAGE, RESULTS, replaced

from fairprune.reporting import claims, headline_text
from fairprune.reporting.headline import class_table, headline_table
from fairprune.reporting.rendering import markdown
from fairprune.reporting.runs import NEEDED
from fairprune.stages.collect import Result
from fairprune.storage.tables import FINAL, read_table, write_table

RUN = ["method", "density"]
COLUMNS = [*NEEDED, "class_name"]


def main(experiment: str, n_seeds: str) -> None:
    """Write the class recalls of all runs, and put their tables into the page."""
    frame = joined(experiment, int(n_seeds))
    write_table(FOLDER / f"{experiment}_classes.parquet", class_table(frame))
    headline = headline_table(frame)
    tables = {
        "accuracies": (headline_text.readable(headline), headline_text.about(headline)),
        "claims": (claims.readable(claims.claims_table(frame)), claims.ABOUT),
    }
    page = PAGE.read_text()
    for name, (parts, note) in tables.items():
        if f"<!-- {experiment} {name} -->" in page:
            page = replaced(page, f"{experiment} {name}", markdown(parts, note))
    PAGE.write_text(page)


def joined(experiment: str, n_seeds: int) -> pd.DataFrame:
    """Rows of the runs here that have all seeds, and of all other earlier runs."""
    paths = sorted((RESULTS / experiment / "final").glob("*/density*/seed*.parquet"))
    rows = [
        result.run | row
        for result in map(Result.of, paths)
        for row in read_table(result.path, FINAL).to_pylist()
    ]
    here = pd.DataFrame(rows, columns=COLUMNS)
    here = here[here.groupby(RUN)["seed"].transform("nunique") == n_seeds]
    earlier = read_table(FOLDER / f"{experiment}_classes.parquet").to_pandas()[COLUMNS]
    again = pd.MultiIndex.from_frame(earlier[RUN]).isin(pd.MultiIndex.from_frame(here[RUN]))
    print("new:", ", ".join(sorted(f"{m} {d:g}" for m, d in set(map(tuple, here[RUN].values)))))
    kept = earlier[~again]
    return pd.concat([kept, here.astype(kept.dtypes)], ignore_index=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
