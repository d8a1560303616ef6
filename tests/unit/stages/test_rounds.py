"""A training of a round: what it draws by, and that it goes on after its death."""

import numpy as np
import pytest
import torch

from fairprune.allocation import proportional
from fairprune.jobs.cost import read_cost
from fairprune.quota_rules.closed_loop import started
from fairprune.stages.quotas import write_quotas
from fairprune.stages.rounds import RoundFiles, train_round
from fairprune.storage import tables
from fairprune.storage.tables import read_table, write_table
from fairprune.training import loop
from tests.unit.stages import tiny

LABELS = np.repeat([0, 1], 20)
TRAINING = tiny.TRAINING | {"epochs": 4, "drops": [3]}


def write_first_quotas(folder, density="0.5", **sources):
    write_quotas(
        folder / "quotas.parquet",
        of_round=1,
        quota="q",
        entry={"rule": "closed_loop", "options": {}},
        density=density,
        training_set=folder / "training_set.parquet",
        examples=folder / "examples.parquet",
        **sources,
    )


@pytest.fixture
def data(tmp_path):
    """A canonical folder of forty images a split, its training set, and the first quotas."""
    tiny.write_images(tmp_path, LABELS, np.arange(0, 40, 2))
    write_first_quotas(tmp_path)
    return tmp_path


def trained(data, name, number=1, seed=0):
    """Outcomes of a training, and its files."""
    out = RoundFiles(data / name / "outcomes.parquet", data / name / "cost.json")
    train_round(
        out,
        title="t",
        quota="q",
        density="0.5",
        number=number,
        seed=seed,
        data_folder=data,
        training_set=data / "training_set.parquet",
        quotas=data / "quotas.parquet",
        model={"name": "small_cnn", "width": 2},
        training=TRAINING,
        checkpoint_interval_s=0,
        device=torch.device("cpu"),
    )
    return read_table(out.outcomes, tables.ROUND_OUTCOMES).to_pandas(), out


def test_rounds_may_start_from_the_quotas_of_another_rule(data):
    about = {"class": [0, 1], "class_name": ["a", "b"], "n_class": [10, 10], "quota": [1, 5]}
    about |= {"class_density": [0.05, 0.55], "recall": [None] * 2, "recall_error": [None] * 2}
    write_table(data / "start.parquet", about, schema=tables.QUOTAS)
    write_first_quotas(data, "0.3", start=data / "start.parquet")
    found = read_table(data / "quotas.parquet", tables.ROUND_QUOTAS).to_pandas()
    weights = np.exp(started([0.05, 0.55], 0.3))
    expected = proportional(weights, [10, 10], 0.3)
    np.testing.assert_allclose(found["class_density"], expected)


def left_out(table):
    return table[table["split"] == "train"]["index"].tolist()


def test_it_leaves_half_of_the_training_set_out_and_tests_it(data):
    table, out = trained(data, "first")
    assert len(table) == 10 + 40 and set(left_out(table)) < set(range(0, 40, 2))
    expected = np.concatenate([LABELS[left_out(table)], LABELS])
    assert table["label"].tolist() == expected.tolist()
    assert read_cost(out.cost)["stage"] == "round" and read_cost(out.cost)["density"] == 0.5


def test_rounds_and_seeds_draw_examples_of_their_own(data):
    drawn = {
        tuple(left_out(trained(data, f"{number}{seed}", number, seed)[0]))
        for number in (1, 2)
        for seed in (0, 1)
    }
    assert len(drawn) == 4


def test_a_round_that_died_goes_on_to_the_same_outcomes(data, monkeypatch, caplog):
    _, undisturbed = trained(data, "undisturbed")
    whole, done = loop.train_epoch, []

    def dies(run, state):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(whole(run, state))

    monkeypatch.setattr(loop, "train_epoch", dies)
    with pytest.raises(KeyboardInterrupt):
        trained(data, "disturbed")
    assert (data / "disturbed/outcomes.checkpoint.pt").exists()
    monkeypatch.setattr(loop, "train_epoch", whole)
    with caplog.at_level("INFO"):
        _, resumed = trained(data, "disturbed")
    assert "t/q/density0.5/round1/seed0: resumed after epoch 2" in caplog.messages
    assert resumed.outcomes.read_bytes() == undisturbed.outcomes.read_bytes()
