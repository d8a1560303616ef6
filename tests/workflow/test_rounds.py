"""Quotas that are found in rounds of trainings, through the real command."""

import numpy as np
import pytest

from fairprune.allocation import n_keep, proportional
from fairprune.quota_rules.closed_loop import updated
from fairprune.storage import tables
from tests.documentation import study as resolved
from tests.workflow.test_reruns import work
from tests.workflow.tiny import Project, changed, rows

N, K, VALIDATION = 200, 10, 2500
LOOP = {
    "quotas": {
        "loop": {"options": {"seeds": 2}},
        "from_metriq": {"rule": "closed_loop", "start": "metriq", "options": {"rounds": 1}},
    },
    "methods": {"el2n_loop": {"score": "el2n", "quota": "from_metriq"}},
}


def study(**settings):
    """The tiny study with quotas in rounds."""
    settings = {"methods": ["random_loop"], "densities": [0.3], "figures": []} | settings
    return changed(**settings) | LOOP


@pytest.fixture(scope="module")
def finished_loop(tmp_path_factory):
    project = Project.make(tmp_path_factory.mktemp("loop") / "project", study())
    project.run("all", "--cores", "2")
    return project


@pytest.fixture
def loop(finished_loop, tmp_path):
    return finished_loop.copy(tmp_path / "project")


def test_rounds_start_uniform_and_follow_the_errors_on_what_they_leave_out(finished_loop):
    tiny = finished_loop.folder / "results/tiny"
    folder = tiny / "rounds/loop/density0.3"
    whole = set(rows(tiny / "training_set.parquet", tables.PRUNED)["index"])
    log_weight = np.zeros(K)
    for number in (1, 2):
        quotas = rows(folder / f"round{number}/quotas.parquet", tables.ROUND_QUOTAS)
        np.testing.assert_allclose(quotas["log_weight"], log_weight)
        assert quotas["quota"].sum() == n_keep(0.3, N)
        assert number > 1 or quotas["quota"].tolist() == [6] * K
        errors = tries = 0
        left_out = []
        for seed in (0, 1):
            path = folder / f"round{number}/seed{seed}/outcomes.parquet"
            outcomes = rows(path, tables.ROUND_OUTCOMES)
            assert outcomes.groupby("split").size().to_dict() == {
                "train": N - n_keep(0.3, N),
                "validation": VALIDATION,
            }
            train = outcomes[outcomes["split"] == "train"]
            assert set(train["index"]) <= whole
            kept = quotas["n_class"] - train["label"].value_counts().sort_index()
            assert kept.tolist() == quotas["quota"].tolist()
            by_class = outcomes.groupby("label")["correct"]
            errors = errors + (~outcomes["correct"]).groupby(outcomes["label"]).sum()
            tries = tries + by_class.size()
            left_out.append(set(train["index"]))
        assert left_out[0] != left_out[1]
        log_weight = updated(log_weight, errors, tries, number=number)
    found = rows(tiny / "quotas/loop/density0.3.parquet", tables.QUOTAS)
    expected = proportional(np.exp(log_weight), found["n_class"], 0.3)
    np.testing.assert_allclose(found["class_density"], expected)
    np.testing.assert_allclose(found["recall"], 1 - errors / tries)
    for seed in (0, 1):
        kept = rows(tiny / f"pruned/random_loop/density0.3/seed{seed}.parquet", tables.PRUNED)
        assert np.bincount(kept["label"], minlength=K).tolist() == found["quota"].tolist()


def test_what_rounds_cost_is_in_the_tables(finished_loop):
    results = finished_loop.folder / "results"
    costs = rows(results / "tiny/costs.parquet", tables.COSTS)
    spent = costs[costs["stage"] == "round"]
    assert len(spent) == 4 and set(spent["name"]) == {"loop"}
    table = rows(results / "tables/tiny_costs.parquet").set_index("name")
    assert table.loc["loop", "n_trainings"] == 4 and table.loc["loop", "kind"] == "quota"
    assert table.loc["loop", "round_time_s"] == pytest.approx(spent["time_s"].sum())


def test_a_density_adds_its_rounds_and_what_is_done_stays(loop):
    assert loop.jobs() == {}
    loop.configure(study(densities=[0.3, 0.5]))
    assert work(loop.jobs()) == {"round_quotas": 2, "round": 4, "quotas": 1, "prune": 2, "final": 2}
    loop.configure(study(densities=[0.3, 1.0]))
    assert work(loop.jobs()) == {"quotas": 1, "prune": 2, "final": 2}
    loop.configure(study(methods=["random_loop", "random"]))
    assert work(loop.jobs()) == {"prune": 2, "final": 2}


def test_another_round_goes_on_from_the_last_one(loop):
    more = study()
    more["quotas"] = {"loop": {"options": {"seeds": 2, "rounds": 3}}}
    loop.configure(more)
    expected = {"round_quotas": 1, "round": 2, "quotas": 1, "prune": 2, "final": 2}
    assert work(loop.jobs()) == expected


def test_rounds_can_be_forced_and_removed_outcomes_come_back_with_the_same_bytes(loop):
    assert work(loop.jobs("all", "--forcerun", "round"))["round"] == 4
    before = loop.tables()
    path = "results/tiny/rounds/loop/density0.3/round2/seed1/outcomes.parquet"
    (loop.folder / path).unlink()
    loop.run(path, "all", "--cores", "2")
    assert loop.tables() == before and loop.jobs() == {}


def test_rounds_may_start_from_other_quotas_and_be_filled_by_a_score(tmp_path):
    config = study(methods=["el2n_loop"], seeds=1)
    project = Project.make(tmp_path / "project", config)
    jobs = project.jobs("pruned")
    assert jobs["query"] == 3 and jobs["round"] == 1 and jobs["quotas"] == 2


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"start": "nothing"}, "quotas.loop.start: unknown 'nothing'"),
        ({"start": "loop"}, "quotas.loop.start: 'loop' is itself trained in rounds"),
        (
            {"start": "metriq_group"},
            "quotas.loop.start: 'metriq_group' is by group, 'loop' by class",
        ),
        ({"options": {"rounds": 0}}, "quotas.loop.options.rounds must be an integer in [1, inf]"),
        ({"options": {"step": 0}}, "quotas.loop.options.step must be a number in (0, 10], got 0"),
    ],
)
def test_what_rounds_cannot_be_is_refused_while_planning(entry, message):
    with pytest.raises(ValueError) as refused:
        resolved(changed(methods=["random_loop"]), {"quotas": {"loop": entry}})
    assert message in str(refused.value)
    with pytest.raises(ValueError, match="quotas.metriq.start: rule 'metriq' is not trained in"):
        resolved(changed(methods=["random_metriq"]), {"quotas": {"metriq": {"start": "grandq"}}})
