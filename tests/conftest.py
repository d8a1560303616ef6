"""What all tests share: property tests draw the same examples on every run, without a time limit.

A machine under load is no reason to fail, and a failure must come back when the test is run again.
"""

import importlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from fairprune import registry
from tests.documentation import blocks, page

settings.register_profile(
    "fairprune",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fairprune")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of whole studies take longest and come first: cores are busy up to the end."""
    items.sort(key=lambda item: "workflow" not in item.path.parts[-2:])


@pytest.fixture
def extended(tmp_path, monkeypatch):
    """The package with the modules of extend.md beside its own."""
    for title, text in blocks(page("docs/extend.md"), "python").items():
        file = tmp_path / title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        package = importlib.import_module(".".join(Path(title).parent.parts))
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
    registry.names.cache_clear()
    yield
    monkeypatch.undo()
    registry.names.cache_clear()
