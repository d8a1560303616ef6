import os

import pytest
from filelock import FileLock

from tests.workflow.tiny import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The tiny study, run by one worker of xdist for all; tests that change it work on a copy."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder = common / "tiny"
    with FileLock(common / "tiny.lock"):
        if not folder.exists():
            project = Project.make(tmp_path_factory.mktemp("tiny") / "project")
            project.run("all", "--cores", "2")
            project.folder.rename(folder)
    return Project(folder)


@pytest.fixture
def project(finished, tmp_path):
    """A finished study of one's own."""
    return finished.copy(tmp_path / "project")
