"""Series of every epoch: KL steps and validation losses, recorded where they are asked for."""

import math

import numpy as np
import pytest
import torch

from fairprune.training import loop as training
from fairprune.training.loop import train
from fairprune.training.record import Record, read_record, write_record
from fairprune.training.series import class_losses, kl_steps
from tests.unit.training.test_loop import image_set, interrupt_after_two_epochs, make_run

ALL = ("train", "evaluation", "kl_step", "validation_loss")


def test_kl_steps_by_hand():
    before = torch.tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    after = torch.tensor([[0.75, 0.25], [0.25, 0.75]]).log()
    steps = kl_steps(before, after)
    terms = 0.75 * math.log(1.5), 0.25 * math.log(0.5)
    np.testing.assert_allclose(steps["kl_step"], [sum(terms), 0], atol=1e-6)
    np.testing.assert_allclose(steps["absolute_kl_step"], [terms[0] - terms[1], 0], atol=1e-6)


def test_a_class_that_an_example_cannot_be_adds_nothing():
    before, after = torch.tensor([[-200.0, 0.0]]), torch.tensor([[-300.0, 0.0]])
    assert kl_steps(before, after) == {"kl_step": [0], "absolute_kl_step": [0]}


def test_kl_steps_are_those_of_the_outputs_in_the_minibatches(monkeypatch):
    outputs = []
    enter = training.Observation.add

    def add(self, index, logits, labels):
        outputs.append((index, logits.double().softmax(1)))
        enter(self, index, logits, labels)

    monkeypatch.setattr(training.Observation, "add", add)
    run = make_run(epochs=3, record=("kl_step",))
    series = train(run).record.series
    n_batches, n = 3, len(run.train)  # 16, 16 and 8 examples; the last output is the validation's
    epochs = torch.zeros((3, n, 3), dtype=torch.float64)
    for position, (index, probability) in enumerate(outputs[:9]):
        epochs[position // n_batches, index] = probability
    for t in range(2):
        q, p = epochs[t], epochs[t + 1]
        for i in range(n):
            kl = sum(float(a * (a / b).log()) for a, b in zip(p[i], q[i], strict=True))
            assert series["kl_step"][t, i] == pytest.approx(kl, abs=1e-6)
    assert series["kl_step"].shape == series["absolute_kl_step"].shape == (2, n)


def test_validation_losses_are_those_of_each_class():
    run = make_run(epochs=3, record=("validation_loss",))
    trained = train(run)
    losses = trained.record.of_epochs("validation_loss")
    assert losses.shape == (3, 3) and losses.dtype == np.float32
    images, labels = run.validation.batch(torch.arange(30)), run.validation.labels
    with torch.no_grad():
        single = torch.nn.functional.cross_entropy(
            trained.model.eval()(images), labels, reduction="none"
        )
    expected = [float(single[labels == k].mean()) for k in range(3)]
    np.testing.assert_allclose(losses[-1], expected, rtol=1e-5)
    few = class_losses(trained.model, image_set(2), 3)
    assert np.isfinite(few[:2]).all() and np.isnan(few[2])


def test_asking_for_series_changes_nothing_else(tmp_path):
    plain, more = (train(make_run(record=record)) for record in (ALL[:2], ALL))
    for name in plain.model.state_dict():
        assert torch.equal(plain.model.state_dict()[name], more.model.state_dict()[name])
    assert not plain.record.series and len(more.record.series) == 3
    write_record(tmp_path / "plain.npz", plain.record)
    record = Record(more.record.labels, 3, more.record.train, more.record.evaluation)
    write_record(tmp_path / "more.npz", record)
    assert (tmp_path / "plain.npz").read_bytes() == (tmp_path / "more.npz").read_bytes()


def test_a_resumed_training_has_the_series_of_an_undisturbed_one(tmp_path, monkeypatch):
    run = make_run(epochs=4, record=ALL, checkpoint_interval_s=0)
    whole = train(run)
    interrupt_after_two_epochs(run, tmp_path / "checkpoint.pt", monkeypatch)
    resumed = train(run, tmp_path / "checkpoint.pt", "key")
    write_record(tmp_path / "r.npz", resumed.record)
    read = read_record(tmp_path / "r.npz")
    assert read.series.keys() == {"kl_step", "absolute_kl_step", "validation_loss"}
    for name, values in whole.record.series.items():
        np.testing.assert_array_equal(read.series[name], values)


def test_series_of_another_shape_are_not_read(tmp_path):
    record = Record(np.zeros(5, int), 2, series={"validation_loss": np.zeros((3, 5), "f4")})
    write_record(tmp_path / "r.npz", record)
    with pytest.raises(ValueError, match=r"validation_loss is float32 of shape \(3, 5\), not"):
        read_record(tmp_path / "r.npz")


def test_an_unknown_series_is_refused_with_the_known_ones():
    record = Record(np.zeros(2, np.int64), 1)
    with pytest.raises(ValueError, match="no series 'kl_stop'; known: .*did you mean 'kl_step'"):
        record.of_epochs("kl_stop")
    with pytest.raises(ValueError, match="did not record 'kl_step'; add 'kl_step'"):
        record.of_epochs("kl_step")
