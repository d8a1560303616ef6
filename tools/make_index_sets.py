"""Write the index sets of an experiment into docs/index_sets, by the content of their examples.

Run from the root of the project, after the workflow has made the index sets. Name the data set, the
experiment, and the index sets of seed 0 as METHOD_DENSITY:

    python tools/make_index_sets.py cifar100 cifar100_fast random_metriq_0.5 random_loop_0.5

Other index sets in the file are kept.
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairprune.library.index_sets import load_pruned
from fairprune.storage.examples import labels_of, read_examples

RESULTS, FOLDER = Path("results"), Path("docs/index_sets")


def main(dataset: str, experiment: str, *names: str) -> None:
    """Write one row per training example: id, label, and whether each index set has it."""
    path = RESULTS / "data" / dataset / "examples.parquet"
    table = read_examples(path)
    train = table.filter(pc.equal(table["split"], "train"))
    columns = {"id": train["id"], "label": labels_of(table, "train").astype(np.int16)}
    for name in names:
        method, _, density = name.rpartition("_")
        pruned = RESULTS / experiment / "pruned" / method / f"density{density}" / "seed0.parquet"
        kept = np.zeros(train.num_rows, dtype=bool)
        kept[load_pruned(pruned)] = True
        columns[name] = kept
    FOLDER.mkdir(parents=True, exist_ok=True)
    written, target = pa.table(columns).sort_by("id"), FOLDER / f"{dataset}.parquet"
    if target.exists():
        written = joined(pq.read_table(target), written)
    pq.write_table(written, target, compression="zstd", use_dictionary=False)


def joined(known: pa.Table, made: pa.Table) -> pa.Table:
    """Add index sets to those of a file of the same examples, replacing any of the same name."""
    if not known.select(["id", "label"]).equals(made.select(["id", "label"])):
        raise SystemExit("the file is of other examples: remove it, or name its data set")
    for name in made.column_names[2:]:
        if name in known.column_names:
            known = known.drop_columns([name])
        known = known.append_column(name, made[name])
    return known


if __name__ == "__main__":
    main(*sys.argv[1:])
