"""The summary of costs: sums over seeds and densities, by score, quota and method."""

import sys
from types import SimpleNamespace

import pandas as pd
import pytest

from fairprune.jobs.cost import measured, read_cost
from fairprune.stages.costs import TIMES, cost_table, write_costs
from fairprune.storage import tables

ROWS = [  # stage, name, density, seed, time_s, memory_mb
    ("query", "short", None, 0, 2.0, 10.0),
    ("query", "short", None, 1, 3.0, 11.0),
    ("query", "full", None, 0, 20.0, 30.0),
    ("score", "el2n", None, 0, 0.25, 12.0),
    ("score", "el2n", None, 1, 0.5, 9.0),
    ("score", "forgetting", None, 0, 0.125, 8.0),
    ("selection", "el2n", 0.3, 0, 0.5, 5.0),
    ("selection", "el2n", 0.5, 0, 1.0, 5.0),
    ("final", "el2n", 0.3, 0, 100.0, 40.0),
    ("final", "el2n", 0.5, 0, 200.0, 50.0),
    ("final", "short", 0.5, 0, 7.0, 6.0),  # a method may have the name of a query
]
SOURCES = {
    "score": {
        "el2n": {"definition": "el2n", "query": "short"},
        "forgetting": {"definition": "forgetting", "query": "full"},
    },
    "quota": {"metriq": {"definition": "metriq", "query": "full"}},
}


@pytest.fixture
def costs():
    frame = pd.DataFrame(ROWS, columns=["stage", "name", "density", "seed", "time_s", "memory_mb"])
    frame = frame.astype({"seed": "Int64"}).assign(device="cpu")
    frame["round"] = pd.array([None] * len(frame), "Int64")
    frame.insert(0, "experiment", "tiny")
    return frame


def test_costs_are_summed_by_what_caused_them(costs):
    table = cost_table(costs, SOURCES).set_index(["kind", "name"])
    sums = table[["n_trainings", *TIMES, "memory_mb"]]
    expected = {
        ("score", "el2n"): [2, 5.0, 0.75, None, None, None, 12.0],
        ("score", "forgetting"): [1, 20.0, 0.125, None, None, None, 30.0],
        ("quota", "metriq"): [1, 20.0, None, None, None, None, 30.0],
        ("method", "el2n"): [2, None, None, None, 1.5, 300.0, 50.0],
        ("method", "short"): [1, None, None, None, 0.0, 7.0, 6.0],
    }
    assert list(sums.index) == list(expected)
    found = sums.astype(object).where(sums.notna(), None)
    assert {key: list(row) for key, row in found.iterrows()} == expected
    assert table.loc[("quota", "metriq"), "definition"] == "metriq"
    assert (table["device"] == "cpu").all() and (table["experiment"] == "tiny").all()


def test_devices_are_named(costs):
    costs.loc[0, "device"] = "GPU"
    table = cost_table(costs, SOURCES).set_index(["kind", "name"])
    assert table.loc[("score", "el2n"), "device"] == "GPU, cpu"


def test_written_summaries_have_scores_and_methods(costs, tmp_path):
    tables.write_table(tmp_path / "costs.parquet", costs, schema=tables.COSTS)
    outputs = {kind: tmp_path / f"tiny_costs.{kind}" for kind in ("parquet", "md", "html")}
    write_costs(outputs, costs=tmp_path / "costs.parquet", sources=SOURCES)
    assert tables.read_table(outputs["parquet"]).num_rows == 5
    text = " ".join(outputs["md"].read_text().split())
    scores, methods = text.split("### ")[1:]
    assert "| el2n | score | el2n | short | 2 | 5.000 | 0.750 | 12.000 | cpu |" in scores
    assert "| metriq | quota | metriq | full | 1 | 20.000 | | 30.000 | cpu |" in scores
    assert "| el2n | 2 | 1.500 | 300 | 50.000 | cpu |" in methods
    assert "<td>el2n</td>" in outputs["html"].read_text()


def test_quotas_in_rounds_show_what_their_trainings_cost(costs, tmp_path):
    rounds = costs.iloc[:2].assign(
        stage="round", name="loop", density=0.3, round=1, time_s=[4.0, 6.0]
    )
    rows = pd.concat([costs, rounds])
    tables.write_table(tmp_path / "costs.parquet", rows, schema=tables.COSTS)
    outputs = {kind: tmp_path / f"tiny_costs.{kind}" for kind in ("parquet", "md", "html")}
    loop = {"loop": {"definition": "closed_loop", "query": None}}
    sources = {**SOURCES, "quota": {**SOURCES["quota"], **loop}}
    write_costs(outputs, costs=tmp_path / "costs.parquet", sources=sources)
    text = " ".join(outputs["md"].read_text().split())
    assert "| name | kind | definition | query | trainings | query (s) |" in text
    assert "| loop | quota | closed_loop | | 2 | | | 10.000 | 11.000 | cpu |" in text


class Cuda:
    """The part of ``torch.cuda`` that measures, which refuses before it has begun."""

    begun = False

    def init(self):
        self.begun = True

    def reset_peak_memory_stats(self, device):
        if not self.begun:
            raise RuntimeError("Invalid device argument 0: did you call init?")

    def synchronize(self, device):
        pass

    def max_memory_allocated(self, device):
        return 3 * 2**20

    def get_device_name(self, device):
        return "GPU of tests"


def test_the_peak_of_a_gpu_is_measured_where_nothing_lies_on_it_yet(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda()))
    place = {"stage": "score", "name": "grand", "seed": 0}
    with measured(tmp_path / "cost.json", **place, device="cuda:0"):
        pass
    cost = read_cost(tmp_path / "cost.json")
    assert (cost["memory_mb"], cost["device"]) == (3, "GPU of tests")


@pytest.mark.parametrize(("platform", "maxrss"), [("linux", 5 * 2**10), ("darwin", 5 * 2**20)])
def test_memory_is_read_in_the_unit_of_the_system(tmp_path, monkeypatch, platform, maxrss):
    monkeypatch.setattr("resource.getrusage", lambda _: SimpleNamespace(ru_maxrss=maxrss))
    monkeypatch.setattr(sys, "platform", platform)
    with measured(tmp_path / "cost.json", stage="score", name="grand", seed=0, device="cpu"):
        pass
    assert read_cost(tmp_path / "cost.json")["memory_mb"] == 5
