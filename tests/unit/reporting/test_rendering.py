"""Tables as Markdown, LaTeX and HTML."""

from html.parser import HTMLParser

from fairprune.reporting.rendering import Block, Cell, html, latex, markdown

BLOCK = Block(
    "a < b", ["method", "0.5"], [["x<y", Cell("51.0", "40.0", "60.0", best=True)], ["z", ""]]
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
            self.cells[-1] += data.rstrip("\n")


def test_html_has_every_cell_escaped_and_the_best_in_bold():
    page = html([BLOCK], "Title")
    elements = Elements()
    elements.feed(page)
    assert elements.cells == ["method", "0.5", "x<y", "51.0 (40.0\N{EN DASH}60.0)", "z", ""]
    assert elements.found.count("b") == 1 and "<b>51.0</b>" in page
    assert "<h2>a &lt; b</h2>" in page and "x&lt;y" in page
    assert "http" not in page and "src=" not in page  # needs no other file


def test_markdown_and_latex_mark_the_best_and_its_interval():
    assert "| x<y | **51.0** (40.0\N{EN DASH}60.0) |" in markdown([BLOCK])
    assert r"x<y & \textbf{51.0} {\tiny (40.0--60.0)} \\" in latex([BLOCK])
    assert markdown([BLOCK, BLOCK]).count("### a < b") == 2
