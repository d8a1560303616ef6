"""What the pixels are decides what is trained: images of one's own that change."""

import os
import shutil
import time

import pytest

from tests.unit.data.test_folders import make_folder, save
from tests.workflow.tiny import Project, changed

TARGET = "results/tiny/metrics.parquet"
CHEAP = {
    "dataset": "birds",
    "methods": ["full", "random"],
    "densities": [0.5],
    "seeds": 1,
    "examples_per_class": None,
    "queries": {},
}
CONFIG = {
    **changed(**CHEAP),
    "datasets": {"birds": {"source": "image_folder", "root": "birds"}},
}


@pytest.fixture(scope="module")
def birds(tmp_path_factory):
    project = Project.make(tmp_path_factory.mktemp("birds") / "project", CONFIG)
    make_folder(project.folder / "birds", 16)
    project.run(TARGET, "--cores", "2")
    return project


@pytest.fixture
def project(birds, tmp_path):
    return birds.copy(tmp_path / "project")


def test_images_corrected_in_place_are_seen_and_retrain(project):
    before = project.tables()
    for i in range(8):
        save(project.folder / f"birds/dog/{i}.png", 4321 + i)
    assert project.jobs(TARGET)["data"] == 1
    project.run(TARGET, "--cores", "2")
    after = project.tables()
    assert after["data/birds/train.npy"] != before["data/birds/train.npy"]
    for final in (path for path in before if path.startswith("tiny/final/")):
        assert after[final] != before[final]
    fresh = Project.make(project.folder.parent / "fresh", CONFIG)
    (project.folder / "birds").rename(fresh.folder / "birds")
    fresh.run(TARGET, "--cores", "2")
    assert {k: v for k, v in fresh.tables().items() if v != after[k]} == {}


def test_images_added_and_removed_are_seen(project):
    assert project.jobs(TARGET) == {}
    save(project.folder / "birds/dog/more.png", 99)
    assert project.jobs(TARGET)["data"] == 1
    (project.folder / "birds/dog/more.png").unlink()
    assert project.jobs(TARGET) == {}
    (project.folder / "birds/dog/1.png").unlink()
    assert project.jobs(TARGET)["data"] == 1


def test_the_same_pixels_from_elsewhere_retrain_nothing(project):
    (project.folder / "birds").rename(project.folder / "moved")
    project.configure(CONFIG | {"datasets": {"birds": {"source": "image_folder", "root": "moved"}}})
    project.run("results/data/birds/fingerprint.json", "--cores", "1")
    assert project.jobs(TARGET) == {}
    final = "results/tiny/final/full/density1.0/seed0.parquet"
    (project.folder / final).unlink()
    project.run(final, "--cores", "1")  # reads what was made before the move


def test_a_copy_of_the_images_retrains_nothing(project):
    shutil.copytree(project.folder / "birds", project.folder / "copy", copy_function=shutil.copy)
    shutil.rmtree(project.folder / "birds")
    (project.folder / "copy").rename(project.folder / "birds")
    assert project.jobs(TARGET) == {}
    project.run(TARGET, "--cores", "1")
    save(project.folder / "birds/dog/1.png", 99)
    assert project.jobs(TARGET)["data"] == 1


def test_a_study_whose_images_are_gone_is_finished_all_the_same(project):
    (project.folder / "birds").rename(project.folder / "elsewhere")
    assert project.jobs(TARGET) == {}


@pytest.mark.parametrize("change", [{"root": "brids"}, {"test_share": 0.4}])
def test_images_that_are_not_there_are_not_those_of_other_settings(project, change):
    (project.folder / "birds").rename(project.folder / "elsewhere")
    datasets = {"birds": CONFIG["datasets"]["birds"] | change}
    project.configure(CONFIG | {"datasets": datasets})
    printed = project.run(TARGET, "--cores", "1", check=False)
    assert f"datasets.birds: there is no folder {datasets['birds']['root']}" in printed


SOON = time.time() + 3600


def test_results_of_the_future_fail_no_job_and_rerun_none(project):
    before, results = project.tables(), project.folder / "results"
    final = "results/tiny/final/full/density1.0/seed0.parquet"
    (project.folder / final).unlink()
    for name in ("data/birds/test.npy", "data/birds/fingerprint.json", "tiny/training_set.parquet"):
        os.utime(results / name, (SOON, SOON))
    project.run(final, TARGET, "--cores", "2")
    assert project.tables() == before
    assert project.jobs(TARGET) == {}


def test_images_of_the_future_fail_no_job(project):
    before, array = project.tables(), "results/data/birds/train.npy"
    os.utime(project.folder / "birds", (SOON, SOON))
    (project.folder / array).unlink()
    project.run(array, "--cores", "1")
    assert project.tables() == before


def test_an_array_damaged_since_trains_nothing(project):
    array = project.folder / "results/data/birds/train.npy"
    content = bytearray(array.read_bytes())
    content[-1] ^= 1
    array.write_bytes(content)
    result = "results/tiny/final/full/density1.0/seed0.parquet"
    printed = project.run(result, "--cores", "1", "--forcerun", "final", check=False)
    assert "results/data/birds/train.npy is not a readable array" in printed
    assert not (project.folder / result).exists()
