"""What runs again: only what is new, missing, or made by changed code or settings."""

import subprocess
import sys

import pytest

from fairprune.storage.tables import read_table
from tests.workflow.tiny import ROOT, TINY, Project, changed, rows

METHODS = TINY["experiments"]["tiny"]["methods"]
TRAINING = TINY["experiments"]["tiny"]["training"]
COLLECTED = {
    "claims",
    "class_counts",
    "costs",
    "figure",
    "headline",
    "metrics",
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
    once = ("query", "score", "mean_score")
    assert [few[name] for name in once] == [many[name] for name in once]
    assert few["final"] == 2 * (1 + 4 * 2) and many["final"] == 2 * (1 + 4 * 8)


def test_a_new_density_adds_its_own_jobs(project):
    project.configure(changed(densities=[0.3, 0.4, 0.5]))
    assert work(project.jobs()) == {"quotas": 2, "prune": 8, "final": 8}


def test_a_new_method_adds_its_own_jobs(project):
    project.configure(changed(methods=[*METHODS, "aum", "el2n_metriq"]))
    added = work(project.jobs())
    assert added == {"score": 1, "mean_score": 1, "prune": 8, "final": 8}


def test_a_score_in_one_new_file_and_one_line_of_configuration(project):
    (project.folder / "fairprune/scores/confidence.py").write_text(
        '"""Probability of the true class after the last epoch; low ones are kept first."""\n\n'
        'QUERY = "full"\nNEEDS = "record"\n\n\n'
        "def score(query):\n"
        '    return -query.record.view("evaluation").probability[-1]\n'
    )
    project.configure(changed(methods=[*METHODS, "confidence"]))
    added = work(project.jobs())
    assert added == {"score": 1, "mean_score": 1, "prune": 4, "final": 4}
    target = "results/tiny/pruned/confidence/density0.3/seed0.parquet"
    project.run(target, "--cores", "2")
    assert (project.folder / target).exists()


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (
            "scores/el2n.py",
            {"score": 2, "mean_score": 1, "prune": 4, "final": 4},
        ),
        ("quota_rules/metriq.py", {"quotas": 2, "prune": 4, "final": 4}),
        ("stages/quotas.py", {}),
        ("figures/figure4.py", {}),
        ("training/loop.py", {}),
    ],
)
def test_edited_code_reruns_what_it_defines(project, edited, expected):
    file = project.folder / "fairprune" / edited
    file.write_text(file.read_text() + "\n# a comment\n")
    assert work(project.jobs()) == {}
    file.write_text(file.read_text() + "\nEDITED = True\n")
    assert work(project.jobs()) == expected


def test_a_fresh_installation_beside_old_results_makes_nothing_again(project):
    for script in (project.folder / "workflow/scripts").glob("*.py"):
        script.touch()
    assert project.jobs() == {}


def test_another_training_version_redoes_the_trainings(project):
    file = project.folder / "fairprune/version.py"
    text = file.read_text()
    another = text.replace("TRAINING_VERSION = ", "TRAINING_VERSION = 1")
    assert another != text
    file.write_text(another)
    jobs = project.jobs()
    assert jobs["query"] == 3 and jobs["final"] == 18


def test_a_changed_training_setting_redoes_the_experiment(project):
    project.configure(changed(training={**TRAINING, "learning_rate": 0.05}))
    jobs = project.jobs()
    assert jobs["query"] == 3 and jobs["final"] == 18
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
    assert project.jobs("results/class_metrics.parquet")["final"] == 18


def test_machine_settings_rerun_nothing(project):
    training = {**TRAINING, "checkpoint_interval_s": 7}
    machine = {"gpu": 1, "gpu_slots": 3, "runtime": 7, "mem_mb": 900}
    by_rule = {"query": {"gpu": 0}, "final": {"mem_mb": 321}}
    project.configure(changed(**machine, resources=by_rule, training=training))
    assert project.jobs() == {}
    planned = project.run(
        "all", "--cores", "1", "--dry-run", "--forcerun", "query", "--quiet", "host"
    )
    resources = [
        set(line.split("resources:")[1].strip().split(", "))
        for line in planned.splitlines()
        if "resources:" in line
    ]
    query = {"gpu=0", "gpu_slots=3", "runtime=7", "checkpoint_interval_s=7", "mem_mb=900"}
    assert sum("mem_mb=321" in found for found in resources) == 12  # finals that need a query
    assert sum(query <= found for found in resources) == 3, resources


def test_an_artifact_of_a_record_asks_for_no_gpu(tmp_path):
    methods = [*METHODS, "influence", "dual_beta"]
    config = changed(methods=methods, gpu=1, mem_mb=9000)
    config["scores"] = {"dual": {"options": {"window": 2}}}
    project = Project.make(tmp_path / "project", config)
    scores = "results/tiny/scores"
    for artifact in ("dual/artifact", "dual/artifact_seed0", "influence/artifact"):
        target = f"{scores}/{artifact}.npz"
        planned = project.run(target, "--cores", "1", "--dry-run", "--quiet", "host")
        job = planned.split(f"output: {target}")[1].split("\n\n")[0]
        asked = {"gpu=1", "mem_mb=9000"} if "influence" in artifact else {"gpu=0", "mem_mb=1500"}
        assert asked <= set(job.split("resources: ")[1].split(", ")), job


def test_a_new_seed_adds_its_own_jobs(project):
    project.configure(changed(seeds=3))
    assert work(project.jobs()) == {"prune": 9, "final": 9}


def test_snakemakes_own_words_work(project):
    assert work(project.jobs("all", "--forcerun", "final")) == {"final": 18}
    jobs = project.jobs("all", "--forceall", "--until", "prune")
    assert jobs["prune"] == 18 and jobs["query"] == 3 and "final" not in jobs
    listed = project.run("--list-rules")
    assert {"query", "score", "prune", "final", "figure"} <= set(listed.split())
    planned = project.run("all", "--forcerun", "final", "--dry-run", "--cores", "1",
                          "--quiet", "host", "--set-resources", "final:mem_mb=20000")  # fmt: skip
    assert planned.count(", mem_mb=20000,") == 18


def test_the_graph_of_the_papers_rules_can_be_read():
    command = [sys.executable, "-m", "snakemake", "--rulegraph"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert 15 < done.stdout.count("label") <= 25


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


def test_one_core_and_other_company_give_the_same_bytes(finished, tmp_path):
    config = changed(methods=["el2n", "random_metriq"], densities=[0.3])
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
    assert jobs["final"] == 2 and jobs["prune"] == 6 and jobs["query"] == 1
    assert "score" not in jobs
    assert "final" not in project.jobs("pruned")


def test_a_figure_that_the_methods_do_not_allow_is_refused(tmp_path):
    project = Project.make(tmp_path / "project")
    printed = project.run("results/figures/tiny/figure7.pdf", "--dry-run", check=False)
    assert "experiment 'tiny' has no figure7" in printed and "figure4, figure5" in printed


def test_paired_queries_give_each_seed_its_own_scores_and_quotas(tmp_path):
    queries = {"short": {"seeds": 2, "epochs_share": 0.5}, "full": {"seeds": 2}}
    settings = {"methods": ["el2n", "random_metriq"], "densities": [0.3], "queries": queries}
    project = Project.make(tmp_path / "project", changed(paired_queries=True, **settings))
    jobs = project.jobs("pruned")
    assert jobs["query"] == 4 and jobs["paired_quotas"] == 2 and "mean_score" not in jobs
    project.run("pruned", "--cores", "2")
    tiny = project.folder / "results/tiny"
    for seed in (0, 1):
        score = rows(tiny / f"scores/el2n/seed{seed}.parquet")
        kept = read_table(tiny / f"pruned/el2n/density0.3/seed{seed}.parquet")["index"].to_pylist()
        lowest = score.loc[score["index"].isin(kept), "score"].min()
        assert (score.loc[~score["index"].isin(kept), "score"] <= lowest).all()
        recall = read_table(tiny / f"query/full/seed{seed}/recall.parquet")["recall"].to_pylist()
        quotas = read_table(tiny / f"quotas/metriq/density0.3/seed{seed}.parquet")
        assert quotas["recall"].to_pylist() == recall


def test_paired_queries_without_a_query_of_each_seed_are_refused(tmp_path):
    project = Project.make(tmp_path / "project", changed(paired_queries=True))
    printed = project.run("pruned", "--dry-run", check=False)
    assert "experiments.tiny.paired_queries needs a query of each final seed [0, 1]" in printed
