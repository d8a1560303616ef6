"""Put the demo's figures and tables into docs/gallery and the README.

Run after ``make demo``, from the root of the project: ``python tools/make_gallery.py``.
"""

import re
import shutil
from pathlib import Path

from fairprune.reporting.headline import summary
from fairprune.storage.tables import read_table

RESULTS, GALLERY, README = Path("results"), Path("docs/gallery"), Path("README.md")
FIGURES = {
    "demo/figure1": "Figure 1. Four metrics against density, for every existing method.",
    "demo/figure2": "Figure 2. Sorted class densities of the pruned sets.",
    "demo/figure3": "Figure 3. Recall of the full-data model against class density.",
    "demo/figure4": "Figure 4. MetriQ against the strategies and their quotas.",
    "demo/figure5": "Figure 5. Figures 2 and 3 for MetriQ.",
    "demo/figure6": "Figure 6. Comparison with CDB-W.",
    "demo/score_correlation": "Rank correlations between the scores.",
    "theory/figure8": "Figure 8. Fitted thresholds in the Gaussian mixture.",
    "theory/figure9": "Figure 9. MetriQ in the Gaussian mixture.",
}
TABLE = re.compile(r"(<!-- demo table -->\n).*?(<!-- end of demo table -->)", re.S)


def main() -> None:
    """Copy the figures, write the page, and replace the table in the README."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    parts = [
        "# Gallery: the demo\n",
        "What `make demo` makes: 500 training and 500 test images of each of ten classes of "
        "Fashion-MNIST, a small convolutional network, two seeds. Bands run from the smallest "
        "to the largest seed; bold marks the best of each density.\n",
        (RESULTS / "tables/demo.md").read_text(),
    ]
    for stem, caption in FIGURES.items():
        name = f"{Path(stem).name}.png"
        shutil.copy(RESULTS / "figures" / f"{stem}.png", GALLERY / name)
        parts.append(f"## {caption}\n\n![{caption}]({name})\n")
    (GALLERY / "demo.md").write_text("\n".join(parts))
    table = summary(read_table(RESULTS / "tables/demo.parquet").to_pandas())
    README.write_text(TABLE.sub(rf"\1\n```text\n{table}\n```\n\n\2", README.read_text()))


if __name__ == "__main__":
    main()
