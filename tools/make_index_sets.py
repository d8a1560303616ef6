"""Write the index sets of an experiment into docs/index_sets, by the content of their examples.

Run after their targets, from the root of the project, with the name of the data set, its experiment
and the index sets as METHOD_DENSITY, of seed 0:

    python tools/make_index_sets.py cifar100 cifar100_fast random_metriq_0.5 random_loop_0.5
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
    """A row an example of the training split: id, label, and whether each index set has it."""
    path = RESULTS / "data" / dataset / "examples.parquet"
    table = read_examples(path)
    train = table.filter(pc.equal(table["split"], "train"))
    columns = {"id": train["id"], "label": labels_of(path, table, "train").astype(np.int16)}
    for name in names:
        method, _, density = name.rpartition("_")
        pruned = RESULTS / experiment / "pruned" / method / f"density{density}" / "seed0.parquet"
        kept = np.zeros(train.num_rows, dtype=bool)
        kept[load_pruned(pruned)] = True
        columns[name] = kept
    FOLDER.mkdir(parents=True, exist_ok=True)
    written = pa.table(columns).sort_by("id")
    pq.write_table(written, FOLDER / f"{dataset}.parquet", compression="zstd", use_dictionary=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
