"""Make a text data set of the docstrings of installed packages, labelled by package.

    python tools/make_docstrings.py data/docstrings/docstrings.parquet

Reads the source of installed packages without importing them, and writes a table with the columns
``id`` (where the docstring is), ``text`` (its first paragraphs, without examples) and ``label``
(the package). All packages come with this project's environment: torch brings NetworkX and SymPy.
The texts depend on the installed versions.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PACKAGES = (
    "matplotlib",
    "networkx",
    "numpy",
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "sympy",
    "torch",
)
LARGEST = 500  # texts per package
SHORTEST, LONGEST = 8, 60  # words per text


def docstrings(package: str) -> Iterator[tuple[str, str]]:
    """Yield the place and text of the docstring of each function and class."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed: make test, and then use .venv/bin/python")
    folder = Path(spec.origin).parent
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder.parent)
        if "tests" in place.parts or "test" in place.parts:
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError:  # written for a newer Python
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                text = ast.get_docstring(node)
                if text:
                    yield f"{place}:{node.lineno}", text


def prose(text: str, package: str) -> str:
    """The words before the first section, without the package's own name."""
    text = re.split(r"\n\s*\n[A-Z]\w+\n\s*[-=]{3}|\n\s*>>>|Args:", text)[0]
    text = re.sub(rf"\b({package}|scikit-learn|np|pd|plt|pa)\b", "", text, flags=re.IGNORECASE)
    return " ".join(text.split()[:LONGEST])


def texts(package: str) -> list[tuple[str, str]]:
    """Places and texts of a package without duplicates, spread evenly over its files."""
    places: dict[str, str] = {}
    for place, docstring in docstrings(package):
        text = prose(docstring, package)
        if len(text.split()) >= SHORTEST:
            places.setdefault(text, place)
    pairs = [(place, text) for text, place in places.items()]
    step = max(1, len(pairs) / LARGEST)
    return [pairs[int(i * step)] for i in range(min(LARGEST, len(pairs)))]


def main(path: Path) -> None:
    """Write the table."""
    rows = [(place, text, name) for name in PACKAGES for place, text in texts(name)]
    ids, words, labels = zip(*rows, strict=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": ids, "text": words, "label": labels}), path)
    for name in PACKAGES:
        print(f"{labels.count(name):5} {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
