"""Make the part of CIFAR-10 that config/cifar10_small.yaml runs on, from the official archive.

    python tools/make_cifar10_part.py FOLDER_OF_THE_ARCHIVE [OUTPUT]

The archive is fetched into the folder where it is missing. docs/results/cifar10_part.parquet lists
the examples (``split``, ``id``) in the order of the study; the ids are hashes of pixels and label,
so every copy of CIFAR-10 has them. The shards are lossless: the study gives the same numbers.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from fairprune.data import cifar10
from fairprune.storage.atomic import atomic_path
from fairprune.storage.canonical import Dataset
from fairprune.storage.tables import read_table

LISTED = Path(__file__).parents[1] / "docs" / "results" / "cifar10_part.parquet"
SCHEMA = pa.schema(
    {"img": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()}
)


def positions(dataset: Dataset) -> Mapping[str, tuple[str, int]]:
    """Split and position of each example, by id."""
    return {
        name: (split, position)
        for split, names in dataset.ids.items()
        for position, name in enumerate(names)
    }


def encode(image: np.ndarray) -> bytes:
    """PNG of an image of shape (32, 32, 3)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_part(dataset: Dataset, listed: pa.Table, output: Path) -> None:
    """Write ``train.parquet`` and ``test.parquet`` with the examples listed, in their order.

    Raises
    ------
    KeyError
        If the data set lacks an example.
    """
    found = positions(dataset)
    names = {"_type": "ClassLabel", "names": list(dataset.class_names)}
    features = {"img": {"_type": "Image"}, "label": names}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    for part in ("train", "test"):
        rows = []
        for row in listed.to_pylist():
            if row["split"] == part:
                split, position = found[row["id"]]
                image = {"bytes": encode(dataset.images[split][position]), "path": None}
                rows.append({"img": image, "label": int(dataset.labels[split][position])})
        table = pa.Table.from_pylist(rows, SCHEMA).replace_schema_metadata(metadata)
        with atomic_path(output / f"{part}.parquet") as temporary:
            pq.write_table(table, temporary)
        print(f"{output / part}.parquet: {len(rows)} images")


def main() -> None:
    """Read the official archive and write the part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of cifar-10-python.tar.gz")
    parser.add_argument("output", type=Path, nargs="?", default=Path("data/cifar10_part"))
    arguments = parser.parse_args()
    write_part(cifar10.load(arguments.folder), read_table(LISTED), arguments.output)


if __name__ == "__main__":
    main()
