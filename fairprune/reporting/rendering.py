"""Tables as people read them: Markdown, LaTeX and HTML of titled blocks of cells.

A cell is text, or a :class:`Cell` with a value that may be the best of its column and the interval
it comes with. The first column holds names, the others numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

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


@dataclass(frozen=True)
class Block:
    """A table with its title; every row has a cell for each column of the header."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]


def markdown(blocks: Iterable[Block]) -> str:
    """One table a block, the best in bold."""
    texts = []
    for block in blocks:
        rows = _written(block, _plain, "**{}**", "{} ({}\N{EN DASH}{})")
        lines = [block.header, ["---"] + ["---:"] * (len(block.header) - 1), *rows]
        body = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        texts.append(f"### {block.title}\n\n{body}\n")
    return "\n".join(texts)


def latex(blocks: Iterable[Block]) -> str:
    r"""As :func:`markdown`, for ``\input``; needs the package ``booktabs``."""
    texts = []
    for block in blocks:
        rows = _written(block, _plain, r"\textbf{{{}}}", r"{} {{\tiny ({}--{})}}")
        lines = [
            "% " + block.title,
            rf"\begin{{tabular}}{{l{'r' * (len(block.header) - 1)}}}",
            r"\toprule",
            " & ".join(block.header) + r" \\",
            r"\midrule",
            *(" & ".join(cells) + r" \\" for cells in rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
        texts.append("\n".join(lines) + "\n")
    return "\n".join(texts)


def html(blocks: Iterable[Block], title: str) -> str:
    """A page that needs no other file, as Snakemake's report shows it."""
    texts = []
    for block in blocks:
        rows = _written(block, escape, "<b>{}</b>", "{} <small>({}&ndash;{})</small>")
        head = _row("th", [escape(name) for name in block.header])
        body = "\n".join([head, *(_row("td", cells) for cells in rows)])
        texts.append(f"<h2>{escape(block.title)}</h2>\n<div><table>\n{body}\n</table></div>")
    return _PAGE.format(title=escape(title), body="\n".join(texts))


def _written(block: Block, text: Callable[[str], str], bold: str, interval: str) -> list[list[str]]:
    """The rows of a block as text in a markup."""

    def cell(entry: str | Cell) -> str:
        if isinstance(entry, str):
            return text(entry)
        value = bold.format(text(entry.value)) if entry.best else text(entry.value)
        return interval.format(value, text(entry.lower), text(entry.upper))

    return [[cell(entry) for entry in row] for row in block.rows]


def _plain(text: str) -> str:
    return text


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
