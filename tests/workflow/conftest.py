import pytest

from tests.workflow.tiny import Project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The tiny study, run once; tests that change it work on a copy."""
    project = Project.make(tmp_path_factory.mktemp("tiny") / "project")
    project.log = project.run("all", "--cores", "2")
    return project


@pytest.fixture
def project(finished, tmp_path):
    """A finished study of one's own."""
    return finished.copy(tmp_path / "project")
