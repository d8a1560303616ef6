"""Make the embedded data set from the official IDX files of Fashion-MNIST.

    python tools/make_fashion_mnist_mini.py FOLDER_OF_IDX_FILES [OUTPUT]

It takes the first 500 training and the first 500 test images of each class, in the order of the
official files. With the versions named in fairprune/data/embedded/README.md the result equals the
embedded file byte for byte; other versions of zlib may pack the same pixels differently.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from fairprune.data.fashion_mnist import CLASS_NAMES, read_part
from fairprune.data.fashion_mnist_mini import FILE
from fairprune.storage.atomic import atomic_path

PER_CLASS = 500
SCHEMA = pa.schema(
    {
        "image": pa.struct({"bytes": pa.binary(), "path": pa.string()}),
        "label": pa.int64(),
        "split": pa.string(),
    }
)
FEATURES = {
    "image": {"_type": "Image"},
    "label": {"_type": "ClassLabel", "names": CLASS_NAMES},
    "split": {"_type": "Value", "dtype": "string"},
}


def first_of_each_class(labels: np.ndarray) -> np.ndarray:
    """Ascending positions of the first 500 examples of each class."""
    return np.sort(
        np.concatenate([np.flatnonzero(labels == k)[:PER_CLASS] for k in range(len(CLASS_NAMES))])
    )


def encode(image: np.ndarray) -> bytes:
    """PNG of a grayscale image of shape (28, 28)."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def rows(folder: Path, split: str, prefix: str) -> list[dict]:
    """Rows of one split; ``path`` holds the position in the official file."""
    part = read_part(folder, prefix)
    return [
        {
            "image": {"bytes": encode(part.images[i, :, :, 0]), "path": f"{split}/{i:05d}.png"},
            "label": int(part.labels[i]),
            "split": split,
        }
        for i in first_of_each_class(part.labels)
    ]


def main() -> None:
    """Write the file and print its SHA-256."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the official IDX files")
    parser.add_argument("output", type=Path, nargs="?", default=FILE)
    arguments = parser.parse_args()
    everything = rows(arguments.folder, "train", "train") + rows(arguments.folder, "test", "t10k")
    metadata = {"huggingface": json.dumps({"info": {"features": FEATURES}})}
    table = pa.Table.from_pylist(everything, SCHEMA).replace_schema_metadata(metadata)
    with atomic_path(arguments.output) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=len(everything) // 4)
    digest = hashlib.sha256(arguments.output.read_bytes()).hexdigest()
    print(f"{arguments.output}: {len(everything)} images, sha256 {digest}")


if __name__ == "__main__":
    main()
