"""What tests of the documentation share: its pages, their tables and code blocks."""

import copy
import re
from pathlib import Path

import yaml
from snakemake.utils import update_config

from fairprune.study.configuration import check
from fairprune.study.study import Study

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
CONFIG = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


def page(name):
    """Text of a file of the repository."""
    return (ROOT / name).read_text()


def sections(text):
    """Text below each heading, by the heading without backticks."""
    found, title, inside = {}, "", False
    for line in text.splitlines():
        inside ^= line.lstrip().startswith("```")
        if not inside and (heading := re.match(r"#{1,4} (.+)", line)):
            title = heading[1].replace("`", "")
        found[title] = found.get(title, "") + line + "\n"
    return found


def table(text):
    """Rows of the first table in a text, as lists of cells; headings are left out."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in rows[2:]]


def code(cell):
    """A cell without backticks."""
    return cell.strip("`")


def blocks(text, language):
    """Code blocks of a language that have a title, by title."""
    return dict(re.findall(rf'```{language} title="([^"]+)"\n(.*?)```', text, re.DOTALL))


def study(*updates):
    """A study of the configuration with these on top, checked as the workflow checks it."""
    config = copy.deepcopy(CONFIG)
    for update in updates:
        update_config(config, update)
    check(config, ROOT / "workflow" / "schemas" / "config.schema.yaml")
    return Study(config)
