"""Redraw the figures of a study in docs from the recalls in docs/results.

Run from the root of the project, with an experiment and its configurations: ``python
tools/make_figures.py quotas_cifar10 config/quotas.yaml``. Use it for a study of several nights, or
after a change in the look of figures. Figures that need more than final recalls stay as they are.
"""

import re
import sys
from pathlib import Path

from make_comparison import resolved
from make_results import FOLDER

from fairprune import registry
from fairprune.figures import style
from fairprune.storage.tables import read_table


def main(name: str, *configurations: str) -> None:
    """Draw the figures that pages in docs show of the experiment's final models."""
    final = read_table(FOLDER / f"{name}_classes.parquet").to_pandas()
    experiment = resolved(configurations, name, n_seeds=final["seed"].nunique())
    shown = experiment.settings["figure_methods"] or experiment.methods
    final = final[final["method"].isin(shown)]
    pages = "".join(page.read_text() for page in Path("docs").glob("*.md"))
    for figure in sorted(set(re.findall(rf"\(results/{name}_(\w+)\.png\)", pages))):
        module = registry.load("figures", figure)
        needed = registry.declared(module.plotted_table, {"pruned": 0, "scores": 0, "final": final})
        if needed.keys() == {"final"}:
            options = registry.declared(
                module.plotted_table, {"bands": experiment.settings["figure_bands"]}
            )
            path = FOLDER / f"{name}_{figure}.png"
            style.save(module.draw(module.plotted_table(final=final, **options)), path)
            print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
