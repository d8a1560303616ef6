"""Images of one's own: make new-study, snakemake pruned, load_pruned, as a user types them."""

import subprocess
import sys

import pytest
import yaml

import fairprune
from tests.unit.data.test_folders import make_folder
from tests.workflow.tiny import Project

FAST = {
    "experiments": {
        "pets": {
            "methods": ["random", "random_metriq"],
            "seeds": 1,
            "training": {"epochs": 2, "drops": []},
        }
    }
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose new study of 40 images has its index sets."""
    project = Project.make(tmp_path_factory.mktemp("own"))
    make_folder(project.folder / "data" / "pets", 20)
    (project.folder / "fast.yaml").write_text(yaml.safe_dump(FAST))
    for command in (
        ["fairprune.new_study", "data/pets"],
        ["snakemake", "pruned", "--cores", "1", "--configfile", "pets.yaml", "fast.yaml"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=project.folder,
            env=project.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return project.folder


@pytest.mark.parametrize("method", ["random", "random_metriq"])
def test_the_index_sets_name_files(project, method):
    kept = project / f"results/pets/pruned/{method}/density0.5/seed0.parquet"
    ids = fairprune.load_pruned_ids(kept, project / "results/data/pets/examples.parquet")
    assert len(ids) == len(set(ids)) == 16  # half of the 32 that are no test images
    assert all((project / "data" / "pets" / name).is_file() for name in ids)
