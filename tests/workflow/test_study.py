"""The whole DAG on tiny real data, through the real command."""

import numpy as np
import pytest

import fairprune
from fairprune.allocation import n_keep
from fairprune.storage import tables
from fairprune.storage.tables import read_metadata, read_table
from fairprune.ties import tie_order
from fairprune.training.record import read_record
from tests.workflow.tiny import rows

N, K = 200, 10  # 20 examples of each of 10 classes
DENSITIES = ("0.3", "0.5")


@pytest.fixture(scope="module")
def results(finished):
    return finished.folder / "results"


def best(results, mean, keep):
    """Rows of the highest mean scores, equal ones in the order of a hash of their ids."""
    examples = rows(results / "data/fashion_mnist_mini/examples.parquet", tables.EXAMPLES)
    ids = examples[examples["split"] == "train"].set_index("index")["id"]
    order = tie_order(ids[mean["index"]].tolist(), "examples")
    return mean.iloc[order].sort_values("score", ascending=False, kind="stable")[:keep]


def test_every_artifact_of_the_contract_has_its_columns(results):
    tiny = results / "tiny"
    patterns = {
        "data/fashion_mnist_mini/examples.parquet": (tables.EXAMPLES, 10_000),
        "tiny/query/full/seed0/recall.parquet": (tables.RECALL, K),
        "tiny/scores/el2n/seed1.parquet": (tables.SCORE, N),
        "tiny/scores/el2n/mean.parquet": (tables.MEAN_SCORE, N),
        "tiny/quotas/metriq/density0.3.parquet": (tables.QUOTAS, K),
        "tiny/pruned/random/density0.3/seed1.parquet": (tables.PRUNED, 60),
        "tiny/final/full/density1.0/seed0.parquet": (tables.FINAL, K),
        "tiny/metrics.parquet": (tables.METRICS, 2 + 4 * 2 * 2),
        "metrics.parquet": (tables.METRICS, 18),
        "class_metrics.parquet": (tables.CLASS_METRICS, 180),
        "costs.parquet": (tables.COSTS, 1 + 2 + 2 + 1 + 18 + 18),
    }
    for path, (schema, n_rows) in patterns.items():
        table = read_table(results / path, schema)
        assert table.schema.remove_metadata() == schema, path
        assert table.num_rows == n_rows, path
        assert read_metadata(results / path)["version"] == fairprune.__version__
    assert sorted(path.name for path in (tiny / "final").iterdir()) == [
        "el2n", "full", "random", "random_forgettingq", "random_metriq",
    ]  # fmt: skip


def test_el2n_is_read_off_the_last_epoch_of_the_record_and_averaged(results):
    scores = [rows(results / f"tiny/scores/el2n/seed{s}.parquet", tables.SCORE) for s in (0, 1)]
    for seed, table in enumerate(scores):
        record = read_record(results / f"tiny/query/short/seed{seed}/record.npz")
        assert list(record.evaluation.epochs) == [2]
        assert np.array_equal(table["score"], record.evaluation.el2n[-1])
    mean = rows(results / "tiny/scores/el2n/mean.parquet", tables.MEAN_SCORE)
    both = np.stack([table["score"] for table in scores])
    np.testing.assert_allclose(mean["score"], both.mean(0), rtol=1e-6)
    np.testing.assert_allclose(mean["score_std"], both.std(0), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("density", DENSITIES)
def test_metriq_quotas_follow_the_validation_recalls(results, density):
    recall = rows(results / "tiny/query/full/seed0/recall.parquet", tables.RECALL)
    assert (recall["recall"] == recall["n_correct"] / recall["n_validation"]).all()
    quotas = rows(results / f"tiny/quotas/metriq/density{density}.parquet", tables.QUOTAS)
    expected = fairprune.metriq(recall["recall"], quotas["n_class"], float(density))
    np.testing.assert_allclose(quotas["class_density"], expected)
    assert quotas["quota"].tolist() == fairprune.quotas(expected, quotas["n_class"]).tolist()
    assert quotas["quota"].sum() == n_keep(float(density), N)


@pytest.mark.parametrize("density", DENSITIES)
def test_pruned_sets_are_what_their_methods_say(results, density):
    folder, keep = results / "tiny/pruned", n_keep(float(density), N)
    whole = rows(results / "tiny/training_set.parquet", tables.PRUNED)
    labels = dict(zip(whole["index"], whole["label"], strict=True))

    def kept(method, seed=0):
        table = rows(folder / method / f"density{density}/seed{seed}.parquet", tables.PRUNED)
        assert table["index"].is_monotonic_increasing and table["index"].is_unique
        assert all(labels[i] == k for i, k in zip(table["index"], table["label"], strict=True))
        return table

    mean = rows(results / "tiny/scores/el2n/mean.parquet", tables.MEAN_SCORE)
    assert kept("el2n")["index"].tolist() == sorted(best(results, mean, keep)["index"])
    quotas = rows(results / f"tiny/quotas/metriq/density{density}.parquet", tables.QUOTAS)
    counts = kept("random_metriq")["label"].value_counts().reindex(range(K), fill_value=0)
    assert counts.tolist() == quotas["quota"].tolist()
    assert not kept("random").equals(kept("random", seed=1)) and len(kept("random")) == keep


def test_metrics_are_those_of_the_final_recalls(results):
    metrics = rows(results / "metrics.parquet", tables.METRICS)
    for row in metrics.itertuples():
        path = f"{row.experiment}/final/{row.method}/density{row.density}/seed{row.seed}.parquet"
        final = rows(results / path, tables.FINAL)
        fairness = fairprune.fairness(final["recall"])
        for name, value in fairness.items():
            assert getattr(row, name) == pytest.approx(value, abs=1e-12)
        assert row.worst_class == final["class_name"][final["recall"].argmin()]
        assert row.n_train == final["n_train"].sum() == n_keep(row.density, N)
    # (0.5 + 0.5 d) 4 / d epochs: 8 at 0.3 (rounded down from 8.67), 6 at 0.5, 4 at 1
    epochs = metrics.groupby("density")["epochs"].unique().map(list).to_dict()
    assert epochs == {0.3: [8], 0.5: [6], 1.0: [4]}


def test_tables_of_recalls_and_costs_cover_the_study(results):
    classes = rows(results / "tables/tiny_classes.parquet")
    assert len(classes) == 18 * K
    assert (classes["recall_lower"] <= classes["recall"]).all()
    assert (classes["recall"] <= classes["recall_upper"]).all()
    costs = rows(results / "tables/tiny_costs.parquet")
    times = [column for column in costs if column.endswith("time_s")]
    assert costs.groupby("kind")["name"].apply(set).to_dict() == {
        "score": {"el2n", "forgetting"},
        "quota": {"metriq"},
        "method": {"full", "random", "el2n", "random_metriq", "random_forgettingq"},
    }
    spent = rows(results / "tiny/costs.parquet", tables.COSTS)["time_s"].sum()
    again = costs.set_index(["kind", "name"]).loc[("quota", "metriq"), "query_time_s"]
    assert costs[times].sum().sum() == pytest.approx(spent + again)  # the query `full` counts twice


def test_the_report_is_one_page_without_warnings(project):
    printed = project.run("all", "--report", "report.html", "--quiet", "all")
    assert "WARNING" not in printed and "ERROR" not in printed
    report = (project.folder / "report.html").read_text()
    for result in ("tables/tiny.html", "tables/tiny_costs.html", "figures/tiny/figure4.png"):
        assert f"results/{result}" in report


def test_nothing_is_left_to_do_and_no_temporary_file_stays(finished):
    assert finished.jobs("all") == {}
    left = [p for p in finished.folder.rglob("*") if p.suffix == ".tmp" or "checkpoint" in p.name]
    assert [path for path in left if path.is_file() and "fairprune/" not in str(path)] == []
