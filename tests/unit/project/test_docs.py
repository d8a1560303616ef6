"""The documentation says what the code does: names, options, keys, columns, links, costs."""

import importlib
import inspect
import re
import unicodedata
from collections import Counter

import pytest
import yaml

import fairprune
from fairprune import registry
from fairprune.storage import tables
from fairprune.version import __version__
from tests.documentation import CONFIG, DOCS, ROOT, code, page, sections, study, table

OTHERS = ("README.md", "config/README.md", "CHANGELOG.md", "CONTRIBUTING.md")
PAGES = [*DOCS, *(ROOT / name for name in OTHERS)]
SCHEMA = yaml.safe_load((ROOT / "workflow" / "schemas" / "config.schema.yaml").read_text())

# Functions that pass **options on: (module, function, arguments that are no options).
PASSED_ON = {
    "metriq": ("fairprune.allocation", "metriq", set()),
    "minimal_influence": ("fairprune.algorithms.influence", "minimise", {"generator"}),
}
ENTRIES = [(kind, name) for kind in registry.FUNCTIONS for name in registry.names(kind)]


def signature(module, function, given=frozenset()):
    """Options of a function and their defaults."""
    parameters = inspect.signature(getattr(importlib.import_module(module), function)).parameters
    return {
        name: "required" if parameter.default is parameter.empty else parameter.default
        for name, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name not in given
    }


@pytest.fixture(scope="module")
def definitions():
    return sections(page("docs/definitions.md"))


@pytest.mark.parametrize(("kind", "name"), ENTRIES)
def test_every_registered_name_is_defined_with_its_options(definitions, kind, name):
    assert name in definitions, f"docs/definitions.md has no section on {kind}/{name}"
    options = signature(f"fairprune.{kind}.{name}", *registry.FUNCTIONS[kind])
    if name in PASSED_ON:
        options |= signature(*PASSED_ON[name])
    rows = [row for row in table(definitions[name]) if row[0].startswith("`")]
    stated = {code(row[0]): row[1] for row in rows if len(row) == 3}
    assert stated == {
        option: "required" if default == "required" else f"`{_written(default)}`"
        for option, default in options.items()
    }


SIGNATURES = re.findall(
    r"```python\nfairprune\.(\w+)\((\w.*?)\)\n```", page("docs/api.md"), re.DOTALL
)


@pytest.mark.parametrize(("name", "arguments"), SIGNATURES, ids=[name for name, _ in SIGNATURES])
def test_every_signature_of_the_page_is_the_functions(name, arguments):
    bare = {"annotation": inspect.Parameter.empty}
    actual = inspect.signature(getattr(fairprune, name)).parameters.values()
    stated = inspect.signature(eval(f"lambda {' '.join(arguments.split())}: 0")).parameters
    assert list(stated.values()) == [parameter.replace(**bare) for parameter in actual]


def _written(default):
    return f'"{default}"' if isinstance(default, str) else repr(default)


def test_no_section_defines_a_name_that_is_gone():
    headings = re.findall(r"^### `(\w+)`$", page("docs/definitions.md"), re.MULTILINE)
    assert Counter(headings) == Counter(name for _, name in ENTRIES)


def test_every_method_of_the_study_is_in_the_table_of_methods(definitions):
    stated = {code(row[0]): row for row in table(definitions["Methods"])}
    used = set(CONFIG["methods"]).union(
        *(experiment.methods for experiment in study().experiments.values())
    )
    assert set(stated) == used
    weighted = {name for name, row in stated.items() if row[3] == "CDB-W"}
    assert weighted == {n for n, entry in CONFIG["methods"].items() if entry.get("loss") == "cdbw"}


def test_every_key_of_the_configuration_is_documented():
    documented = {
        title: {code(row[0]) for row in table(text)}
        for title, text in sections(page("config/README.md")).items()
    }
    properties, experiment = SCHEMA["properties"], SCHEMA["$defs"]["experiment"]["properties"]
    entries = {
        "Queries": properties["queries"],
        "Scores": properties["scores"],
        "Quotas": properties["quotas"],
        "Methods": properties["methods"],
        "Data sets": properties["datasets"],
    }
    expected = {
        "Top level": set(properties),
        "Experiments": set(experiment),
        "Training": set(experiment["training"]["properties"]),
        "Theory": set(SCHEMA["$defs"]["mixture"]["properties"]),
        **{t: set(entry["additionalProperties"]["properties"]) for t, entry in entries.items()},
    }
    assert {title: documented[title] for title in expected} == expected


@pytest.mark.parametrize("title", ["Experiments", "Training"])
def test_documented_defaults_are_those_of_the_configuration(title):
    defaults = CONFIG["defaults"] if title == "Experiments" else CONFIG["defaults"]["training"]
    rows = table(sections(page("config/README.md"))[title])
    stated = {code(row[0]): yaml.safe_load(code(row[1])) for row in rows if row[1]}
    assert stated == {key: value for key, value in defaults.items() if key != "training"}


def test_documented_defaults_of_the_theory_are_those_of_the_configuration():
    rows = table(sections(page("config/README.md"))["Theory"])
    stated = {code(row[0]): yaml.safe_load(code(row[1])) for row in rows}
    assert stated == CONFIG["theory"]["figure9"]


@pytest.mark.parametrize(
    ("title", "schema"),
    {
        "Examples": tables.EXAMPLES,
        "Index sets": tables.PRUNED,
        "Query recalls": tables.RECALL,
        "Scores": tables.SCORE,
        "Mean scores": tables.MEAN_SCORE,
        "Quotas": tables.QUOTAS,
        "Round outcomes": tables.ROUND_OUTCOMES,
        "Final results": tables.FINAL,
        "Outcomes": tables.OUTCOMES,
        "Metrics": tables.METRICS,
        "Class metrics": tables.CLASS_METRICS,
        "Class counts": tables.CLASS_COUNTS,
        "Costs": tables.COSTS,
        "Claims": tables.CLAIMS,
    }.items(),
)
def test_documented_columns_are_those_of_the_tables(title, schema):
    types = {"double": "float64", "float": "float32"}
    expected = []
    for field in schema:
        null = ", may be null" if field.nullable else ""
        expected.append((field.name, types.get(str(field.type), str(field.type)) + null))
    rows = table(sections(page("docs/artifacts.md"))[title])
    assert [(code(row[0]), row[1]) for row in rows] == expected


def anchor(heading):
    """The id that a heading gets: as the extension `toc` of Python-Markdown makes it."""
    text = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_resolve(path):
    prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith("http"):
            continue
        file, _, fragment = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.is_file(), f"{path.name}: {target}"
        if fragment:
            headings = [anchor(title) for title in sections(linked.read_text())]
            assert fragment in headings, f"{path.name}: {target}"


def test_every_page_is_in_the_navigation():
    config = yaml.safe_load(page("mkdocs.yml"))
    listed = [name for entry in config["nav"] for name in entry.values()]
    assert sorted(listed) == sorted(str(path.relative_to(ROOT / "docs")) for path in DOCS)
    assert config["theme"]["font"] is False


def test_every_public_function_has_a_section():
    public = {name for name in fairprune.__all__ if not name.startswith("_")}
    assert public <= set(sections(page("docs/api.md")))


def test_the_version_is_the_same_everywhere():
    assert yaml.safe_load(page("CITATION.cff"))["version"] == __version__
    assert f"## {__version__}\n" in page("CHANGELOG.md")
    assert f"version = {{{__version__}}}" in page("README.md")


def test_the_documented_cost_is_that_of_the_study():
    costs = sections(page("docs/reproduce.md"))["What it costs"]
    stated = {code(row[0]): row[1:] for row in table(costs)}
    expected = {}
    for name, experiment in study().experiments.items():
        seeds = {query: len(experiment.query_seeds(query)) for query in experiment.queries}
        full = sum((1 + float(density)) / 2 for _, density, _ in experiment.runs())
        full += sum(n * experiment.queries[q]["epochs_share"] for q, n in seeds.items())
        expected[name] = [str(len(experiment.runs())), str(sum(seeds.values())), f"{full:.0f}"]
    assert stated == expected


def test_every_documented_figure_is_drawn():
    drawn = {
        f"{name}/figure{number}"
        for name, experiment in study().experiments.items()
        for number in [*experiment.figures(), *([7] if study().family(name) else [])]
    } | {"theory/figure8", "theory/figure9"}
    targets = set(re.findall(r"results/figures/(\w+/figure\d)\.pdf", page("docs/reproduce.md")))
    assert targets <= drawn
    assert {target.rpartition("/")[2] for target in targets} == {f"figure{n}" for n in range(1, 10)}
