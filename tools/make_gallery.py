"""Put the demo's figures and tables into docs/gallery and the README.

Run after ``make demo``, from the root of the project: ``python tools/make_gallery.py``.
"""

import shutil
from pathlib import Path

import pandas as pd
from make_results import RESULTS, replaced
from matplotlib.figure import Figure

from fairprune.figures import panels, style
from fairprune.reporting.headline_text import summary
from fairprune.reporting.labels import label
from fairprune.storage.tables import read_table

GALLERY, README = Path("docs/gallery"), Path("README.md")
FIGURES = {
    "demo/figure1": "Figure 1. Four metrics against density, for every existing method.",
    "demo/figure2": "Figure 2. Sorted class densities of the pruned sets.",
    "demo/figure3": "Figure 3. Recall of the full-data model against class density.",
    "demo/figure4": "Figure 4. MetriQ against the strategies and their quotas.",
    "demo/figure5": "Figure 5. Figures 2 and 3 for MetriQ.",
    "demo/class_gain": "Gain of each class over the full data.",
    "demo/score_correlation": "Rank correlations between the scores.",
    "theory/figure8": "Figure 8. Fitted thresholds in the Gaussian mixture.",
    "theory/figure9": "Figure 9. MetriQ in the Gaussian mixture.",
    "theory/closed_loop": "The closed loop beside MetriQ in the mixtures of figure 9.",
}
SHOWN = ("random", "el2n", "random_metriq", "random_tempered", "random_loop")


def main() -> None:
    """Copy the figures, write the page, and replace the table in the README."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    parts = [
        "# Gallery: the demo\n",
        "What `make demo` makes: 500 training and 500 test images of each of ten classes of "
        "Fashion-MNIST, a small convolutional network, three seeds. In figures, bands and bars "
        "run from the smallest to the largest seed; tables give 95% intervals. Bold marks the "
        "highest mean, whatever its interval.\n",
        (RESULTS / "tables/demo.md").read_text(),
        (RESULTS / "tables/demo_claims.md").read_text(),
    ]
    for stem, caption in FIGURES.items():
        name = f"{Path(stem).name}.png"
        shutil.copy(RESULTS / "figures" / f"{stem}.png", GALLERY / name)
        parts.append(f"## {caption}\n\n![{caption}]({name})\n")
    (GALLERY / "demo.md").write_text("\n".join(parts))
    headline = read_table(RESULTS / "tables/demo.parquet").to_pandas()
    style.save(worst_class(headline), GALLERY / "worst_class.png")
    table = summary(headline, read_table(RESULTS / "tables/demo_differences.parquet").to_pandas())
    README.write_text(replaced(README.read_text(), "demo table", f"```text\n{table}\n```\n"))


def worst_class(table: pd.DataFrame) -> Figure:
    """One panel for the README: worst-class accuracy against density, with 95% intervals."""
    name = "worst_class_accuracy"
    table = table[table["density"].notna()]
    with style.applied():
        figure = Figure(figsize=(4.6, 2.8), layout="constrained")
        axis = figure.subplots()
        full = table[table["method"] == "full"].iloc[0]
        level = style.style("full")
        axis.axhspan(
            *full[[f"{name}_lower", f"{name}_upper"]], color=level.color, alpha=0.15, linewidth=0
        )
        axis.axhline(full[name], color=level.color, linestyle=level.linestyle, label=label("full"))
        for offset, method in enumerate(SHOWN):
            rows = table[table["method"] == method].sort_values("density")
            limits = [rows[name] - rows[f"{name}_lower"], rows[f"{name}_upper"] - rows[name]]
            place = rows["density"] + 0.006 * (offset - (len(SHOWN) - 1) / 2)
            look = style.style(method).line
            axis.errorbar(place, rows[name], limits, label=label(method), elinewidth=0.8, **look)
        axis.set_xlabel("Density $d$, the share of the training set kept")
        axis.set_ylabel("Worst-class accuracy (%)")
        axis.set_ylim(bottom=0)
        panels.percent(axis.yaxis)
        panels.density_axis(axis, table.loc[table["density"] < 1, "density"].unique())
        figure.legend(loc="outside right center")
        return figure


if __name__ == "__main__":
    main()
