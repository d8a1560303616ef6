"""Put the tables and figures of finished experiments into docs/results.md and docs/results.

Run after a study, from the root of the project: ``python tools/make_results.py cifar10_small``. The
text of the page is written by hand; only the parts between the markers of the experiment are
replaced, by the tables that the workflow wrote.
"""

import re
import shutil
import sys
from pathlib import Path

RESULTS, PAGE = Path("results"), Path("docs/results.md")
FOLDER = PAGE.with_suffix("")
TABLES = {"claims": "_claims.md", "accuracies": ".md", "costs": "_costs.md"}


def main(experiment: str) -> None:
    """Copy the class recalls and the figures that the page shows, and replace its tables."""
    page = PAGE.read_text()
    copy_results(experiment, page)
    for name, ending in TABLES.items():
        if f"<!-- {experiment} {name} -->" in page:
            text = (RESULTS / "tables" / f"{experiment}{ending}").read_text()
            page = replaced(page, f"{experiment} {name}", text)
    PAGE.write_text(page)


def copy_results(experiment: str, page: str) -> None:
    """Copy the class recalls and the figures that a page shows to ``docs/results``."""
    shutil.copy(RESULTS / "tables" / f"{experiment}_classes.parquet", FOLDER)
    for figure in re.findall(rf"\(results/{experiment}_(\w+)\.png\)", page):
        source = RESULTS / "figures" / experiment / f"{figure}.png"
        shutil.copy(source, FOLDER / f"{experiment}_{figure}.png")


def replaced(page: str, name: str, text: str) -> str:
    """Replace the text between two markers of a page."""
    marked = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.S)
    page, n = marked.subn(lambda found: f"{found[1]}\n{text}\n{found[2]}", page)
    if not n:
        raise SystemExit(f"the page has no place for it: <!-- {name} --> to <!-- end of {name} -->")
    return page


if __name__ == "__main__":
    for name in sys.argv[1:]:
        main(name)
