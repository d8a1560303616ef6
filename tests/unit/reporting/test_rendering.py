"""Tables as Markdown, LaTeX and HTML."""

from html.parser import HTMLParser

import pandas as pd
import pytest

from fairprune.reporting.rendering import Cell, html, latex, markdown

LONG = "z" * 60
TABLE = pd.DataFrame(
    {"method": ["x<y", LONG], "<0.5": [Cell("51.0", "40.0", "60.0", best=True), ""]}
)


class Elements(HTMLParser):
    """Names of the elements, and the text of each cell."""

    def __init__(self):
        super().__init__()
        self.found, self.cells = [], []

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data):
        if self.found and self.found[-1] in ("td", "th", "b", "small"):
            self.cells[-1] += data.rstrip()


def test_html_has_every_cell_escaped_and_the_best_in_bold():
    page = html({"a < b": TABLE}, "Title", "x < y")
    elements = Elements()
    elements.feed(page)
    assert elements.cells == ["method", "<0.5", "x<y", "51.0(40.0\N{EN DASH}60.0)", LONG, ""]
    assert elements.found.count("b") == 1 and "<b>51.0</b>" in page
    assert "<p>x &lt; y</p>" in page and "<h2>a &lt; b</h2>" in page and "x&lt;y" in page
    assert "http" not in page and "src=" not in page  # needs no other file


def test_markdown_and_latex_mark_the_best_and_its_interval():
    parts = {"a < b": TABLE, "c": TABLE}
    text = " ".join(markdown(parts, "x < y").split())
    assert text.startswith("x < y ### a < b") and latex(parts, "x < y").startswith("% x < y\n% a")
    assert "| x<y | **51.0** (40.0\N{EN DASH}60.0) |" in text and f"| {LONG} | |" in text
    assert r"x<y & \textbf{51.0} {\tiny (40.0--60.0)} \\" in latex(parts)
    assert text.count("### a < b") == text.count("### c") == 1


@pytest.mark.parametrize("limits", [("-3.0", "-1.0"), ("-1.0", "+2.0"), ("+1.0", "+2.0")])
def test_limits_with_a_sign_are_apart_by_a_word(limits):
    parts = {"t": pd.DataFrame({"method": ["x"], "difference": [Cell("+0.5", *limits)]})}
    expected = f"({limits[0]} to {limits[1]})"
    assert all(expected in text for text in (markdown(parts), latex(parts), html(parts, "t")))
