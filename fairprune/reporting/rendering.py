"""Render titled tables as Markdown, LaTeX and HTML.

An entry of a table is text, or a :class:`Cell` with a value, its interval, and whether it is the
best. The first column holds names, the others numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

import pandas as pd

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 13px/1.5 system-ui, sans-serif; color: #1f2937; background: #fff; margin: 1rem; }}
h2 {{ font-size: 1rem; margin: 1.5rem 0 0.5rem; }}
div {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: 0.2rem 0.5rem; text-align: right; border-bottom: 1px solid #e5e7eb; }}
th {{ border-bottom: 2px solid #6b7280; vertical-align: bottom; }}
td {{ white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
small {{ color: #6b7280; }}
</style>
{body}
</html>
"""


@dataclass(frozen=True)
class Cell:
    """A value as text, the limits of its interval, and whether it is the best."""

    value: str
    lower: str
    upper: str
    best: bool = False

    def between(self, dash: str) -> str:
        """Separator of the limits: a dash, or a word if a dash would look like a sign."""
        return " to " if self.lower.startswith(("+", "-")) else dash


def markdown(parts: Mapping[str, pd.DataFrame], note: str = "") -> str:
    """The note, then one table per title, with the best values in bold."""
    texts = [f"{note}\n"] if note else []
    for title, table in parts.items():
        marked = _marked(table, str, "**{}**", "{} ({}{}{})", "\N{EN DASH}")
        aligned = ["left", *["right"] * (table.shape[1] - 1)]
        body = marked.to_markdown(index=False, disable_numparse=True, colalign=aligned)
        texts.append(f"### {title}\n\n{body}\n")
    return "\n".join(texts)


def latex(parts: Mapping[str, pd.DataFrame], note: str = "") -> str:
    r"""As :func:`markdown`, for ``\input``; needs the package ``booktabs``."""
    texts = [f"% {note}"] if note else []
    for title, table in parts.items():
        marked = _marked(table, str, r"\textbf{{{}}}", r"{} {{\tiny ({}{}{})}}", "--")
        columns = f"l{'r' * (table.shape[1] - 1)}"
        texts.append(f"% {title}\n{marked.to_latex(index=False, column_format=columns)}")
    return "\n".join(texts)


def html(parts: Mapping[str, pd.DataFrame], title: str, note: str = "") -> str:
    """A self-contained HTML page for Snakemake's report."""
    texts = [f"<p>{escape(note)}</p>"] if note else []
    for name, table in parts.items():
        marked = _marked(table, escape, "<b>{}</b>", "{} <small>({}{}{})</small>", "&ndash;")
        with pd.option_context("display.max_colwidth", None):
            body = marked.to_html(index=False, escape=False, border=0)
        texts.append(f"<h2>{escape(name)}</h2>\n<div>{body}</div>")
    return _PAGE.format(title=escape(title), body="\n".join(texts))


def _marked(
    table: pd.DataFrame, text: Callable[[str], str], bold: str, interval: str, dash: str
) -> pd.DataFrame:
    """Format the entries of a table as text in a markup."""

    def cell(entry: str | Cell) -> str:
        if isinstance(entry, str):
            return text(entry)
        value = bold.format(text(entry.value)) if entry.best else text(entry.value)
        lower, upper = text(entry.lower), text(entry.upper)
        return interval.format(value, lower, entry.between(dash), upper)

    return table.map(cell).rename(columns=text)
