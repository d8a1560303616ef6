"""Where new-study runs in these tests."""

import pytest

from fairprune.new_study import timing
from tests.documentation import ROOT


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty project folder, with the study of the paper."""
    for folder in ("config", "workflow"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(timing, "_MEASURED_S", 0.01)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return tmp_path
