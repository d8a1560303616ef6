"""What runs again: only what is new, missing, or made by changed code or settings."""

import pytest

from tests.workflow.tiny import TINY, Project, changed

METHODS = TINY["experiments"]["tiny"]["methods"]
TRAINING = TINY["experiments"]["tiny"]["training"]
FINAL = "final_tiny"  # one job trains both seeds of a method at a density
COLLECTED = {
    "class_counts_tiny",
    "cost_summary",
    "figure",
    "headline",
    "metrics_tiny",
    "score_correlation",
    "study_table",
}
WITH_ARTIFACT = changed(methods=[*METHODS, "influence"])
# Those removed together are not made from each other, so that each is made beside all the rest.
REMOVED = [
    (TINY, ["tiny/query/full/seed0/record.npz", "tiny/query/short/seed1/model.pt"]),
    (
        TINY,
        [
            "tiny/query/short/seed0/recall.parquet",
            "tiny/scores/forgetting/seed0.parquet",
            "tiny/quotas/metriq/density0.3.parquet",
        ],
    ),
    (
        WITH_ARTIFACT,
        [
            "tiny/scores/influence/artifact.npz",
            "tiny/scores/el2n/mean.parquet",
            "tiny/pruned/random/density0.5/seed1.parquet",
            "tiny/final/random_metriq/density0.3/seed1.parquet",
        ],
    ),
    (TINY, ["tiny/metrics.parquet", "figures/tiny/figure4.parquet"]),
]


def work(jobs):
    """Jobs other than those that collect results."""
    return {name: count for name, count in jobs.items() if name not in COLLECTED}


def test_densities_and_methods_train_no_query(tmp_path):
    project = Project.make(tmp_path / "project")
    few = project.jobs()
    project.configure(changed(densities=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]))
    many = project.jobs()
    once = [name for name in few if name.startswith(("query", "record", "mean", "model"))]
    assert "query_tiny_full_seed0" in once and "record_score" in once
    assert [few[name] for name in once] == [many[name] for name in once]
    assert many[FINAL] == 1 + 4 * 8 and few[FINAL] == 1 + 4 * 2


def test_a_new_density_adds_its_own_jobs(project):
    project.configure(changed(densities=[0.3, 0.4, 0.5]))
    assert work(project.jobs()) == {"quotas": 2, "pruned_tiny": 4, FINAL: 4}


def test_a_new_method_adds_its_own_jobs(project):
    project.configure(changed(methods=[*METHODS, "dynamic_uncertainty", "el2n_metriq"]))
    config = {**changed(methods=[*METHODS, "aum", "el2n_metriq"])}
    project.configure(config)
    added = work(project.jobs())
    assert added == {"record_score": 1, "mean_score": 1, "pruned_tiny": 4, FINAL: 4}


def test_a_score_in_one_new_file_and_one_line_of_configuration(project):
    (project.folder / "fairprune/scores/confidence.py").write_text(
        '"""Probability of the true class after the last epoch; low ones are kept first."""\n\n'
        'QUERY = "full"\nNEEDS = "record"\n\n\n'
        "def score(query):\n"
        '    return -query.record.view("evaluation").probability[-1]\n'
    )
    project.configure(changed(methods=[*METHODS, "confidence"]))
    added = work(project.jobs())
    assert added == {"record_score": 1, "mean_score": 1, "pruned_tiny": 2, FINAL: 2}
    target = "results/tiny/pruned/confidence/density0.3/seed0.parquet"
    project.run(target, "--cores", "2")
    assert (project.folder / target).exists()


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (
            "scores/el2n.py",
            {"record_score": 2, "mean_score": 1, "pruned_tiny": 2, FINAL: 2},
        ),
        ("quota_rules/metriq.py", {"quotas": 2, "pruned_tiny": 2, FINAL: 2}),
        ("figures/figure4.py", {}),
        ("training.py", {}),
    ],
)
def test_edited_code_reruns_what_it_defines(project, edited, expected):
    file = project.folder / "fairprune" / edited
    file.write_text(file.read_text() + "\n# edited\n")
    assert work(project.jobs()) == expected


def test_another_training_version_redoes_the_trainings(project):
    file = project.folder / "fairprune/version.py"
    file.write_text(file.read_text().replace("TRAINING_VERSION = 1", "TRAINING_VERSION = 2"))
    jobs = project.jobs()
    assert jobs["query_tiny_full_seed0"] == jobs["query_tiny_short_seed0"] == 1
    assert jobs[FINAL] == 9


def test_a_changed_training_setting_redoes_the_experiment(project):
    project.configure(changed(training={**TRAINING, "learning_rate": 0.05}))
    jobs = project.jobs()
    assert jobs["query_tiny_full_seed0"] == 1 and jobs[FINAL] == 9
    assert "data" not in jobs and "training_set" not in jobs
    project.configure(TINY)
    assert project.jobs() == {}


def test_a_changed_training_setting_leaves_other_experiments_alone(project):
    settings = TINY["experiments"]["tiny"]
    other = {**settings, "methods": ["random"], "densities": [0.5], "seeds": 1, "figures": []}
    both = {"tiny": settings, "other": other}
    project.configure({"run": [*both], "experiments": both})
    project.run("results/other/class_metrics.parquet", "--cores", "2")
    both["tiny"] = {**settings, "training": {**TRAINING, "learning_rate": 0.05}}
    project.configure({"run": [*both], "experiments": both})
    printed = project.run("results/other/class_metrics.parquet", "--cores", "1", "--dry-run")
    assert "Nothing to be done" in printed
    jobs = project.jobs("results/class_metrics.parquet")
    assert jobs[FINAL] == 9 and not [name for name in jobs if "other" in name]


def test_machine_settings_rerun_nothing(project):
    project.configure(changed(gpu=1, gpu_slots=3, runtime=7, mem_mb=900))
    assert project.jobs() == {}


def test_a_new_seed_adds_its_own_jobs(project):
    project.configure(changed(seeds=3))
    assert work(project.jobs()) == {"pruned_tiny": 9, FINAL: 9}


def test_a_new_seed_trains_only_itself(project):
    before = project.tables()
    project.configure(changed(seeds=3, runs_per_job=3, methods=["full", "random"]))
    target = "results/tiny/final/random/density0.3/seed2.parquet"
    project.run(target, "--cores", "2")
    log = (project.folder / "logs/tiny/final/random/density0.3/seed0.log").read_text()
    assert "seed0: finished before, kept" in log and "seed1: finished before, kept" in log
    assert "seed2: epoch 8/8" in log and "seed0: epoch" not in log
    after = project.tables()
    assert set(after) - set(before) >= {target.removeprefix("results/")}
    assert all(after[path] == content for path, content in before.items() if "/final/" in path)


def test_one_removed_artifact_of_each_kind_comes_back_with_the_same_bytes(project):
    project.configure(WITH_ARTIFACT)
    project.run("results/tiny/scores/influence/artifact.npz", "--cores", "1")
    before = project.tables()
    for config, names in REMOVED:
        project.configure(config)
        paths = [f"results/{name}" for name in names]
        for path in paths:
            (project.folder / path).unlink()
        project.run(*paths, "--cores", "2")
        assert project.tables() == before, names
    project.run("all", "--cores", "2")
    assert project.tables() == before
    assert project.jobs() == {}


def test_one_core_and_single_jobs_give_the_same_bytes(finished, tmp_path):
    config = changed(runs_per_job=1, methods=["el2n", "random_metriq"], densities=[0.3])
    other = Project.make(tmp_path / "other", config)
    stems = [f"results/tiny/final/{m}/density0.3/seed1" for m in ("el2n", "random_metriq")]
    other.run(*(f"{stem}.parquet" for stem in stems), "--cores", "1")
    mine, theirs = finished.tables(), other.tables()
    assert {"tiny/query/short/seed1/model.pt", "tiny/query/full/seed0/record.npz"} < set(theirs)
    assert [path for path in theirs if mine[path] != theirs[path]] == []


def test_a_figure_needs_only_its_own_methods(tmp_path):
    config = changed(methods=["full", "random", "el2n", "random_metriq", "forgetting"])
    project = Project.make(tmp_path / "project", config)
    jobs = project.jobs("results/figures/tiny/figure5.pdf")
    assert jobs[FINAL] == 1 and jobs["pruned_tiny"] == 3
    assert "record_score" not in jobs and "query_tiny_short_seed0" not in jobs
    pruned = project.jobs("pruned")
    assert not [name for name in pruned if name.startswith("final")]


def test_a_figure_that_the_methods_do_not_allow_is_refused(tmp_path):
    project = Project.make(tmp_path / "project")
    printed = project.run("results/figures/tiny/figure7.pdf", "--dry-run", check=False)
    assert "experiment 'tiny' has no figure7" in printed and "figure4, figure5" in printed
