"""What a recorder keeps for TDDS and CLD, against what the workflow's loop keeps."""

import numpy as np
import pytest
import torch

import fairprune
from fairprune.training.record import read_record, write_record
from fairprune.training.series import kl_steps

N, K, T, V = 11, 3, 4, 7
RNG = np.random.default_rng(0)
LABELS = np.arange(N) % K
LOGITS = RNG.normal(0, 3, (T, N, K)).astype(np.float32)
HELD_OUT = RNG.normal(0, 2, (T, V, K)).astype(np.float32)
HELD_OUT_LABELS = np.array([0, 1, 0, 1, 1, 0, 0])  # none of class 2


def record(recorder, epochs=range(T), as_batch=np.asarray):
    """Both views, the validation examples in two batches."""
    for epoch in epochs:
        recorder.update(range(N), as_batch(LOGITS[epoch]), LABELS)
        recorder.update(range(N), as_batch(LOGITS[epoch] / 2), LABELS, view="evaluation")
        for rows in (slice(3), slice(3, V)):
            logits = as_batch(HELD_OUT[epoch, rows])
            recorder.update_validation(logits, HELD_OUT_LABELS[rows])
        recorder.end_epoch()
    return recorder


@pytest.mark.parametrize("as_batch", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_series_are_what_the_workflow_records(as_batch, tmp_path):
    found = record(fairprune.Recorder(N, kl_step=True), as_batch=as_batch).record()
    outputs = torch.tensor(LOGITS).log_softmax(2)
    for epoch in range(T - 1):
        for name, values in kl_steps(outputs[epoch], outputs[epoch + 1]).items():
            np.testing.assert_allclose(found.series[name][epoch], values, rtol=1e-5, atol=1e-6)
    for epoch in range(T):
        logits, labels = torch.tensor(HELD_OUT[epoch]), torch.tensor(HELD_OUT_LABELS)
        losses = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        expected = [losses[labels == k].mean() if k < 2 else np.nan for k in range(K)]
        np.testing.assert_allclose(found.series["validation_loss"][epoch], expected, rtol=1e-5)

    write_record(tmp_path / "record.npz", found)
    read = read_record(tmp_path / "record.npz")
    assert read.of_epochs("kl_step").shape == (T - 1, N)
    assert read.of_epochs("validation_loss").dtype == np.float32


def test_a_validation_before_the_last_of_an_epoch_does_not_count():
    recorder = fairprune.Recorder(N)
    recorder.update(range(N), LOGITS[0], LABELS)
    recorder.update_validation(HELD_OUT[1], HELD_OUT_LABELS)
    recorder.drop_validation()
    recorder.update_validation(HELD_OUT[0], HELD_OUT_LABELS)
    recorder.end_epoch()
    expected = record(fairprune.Recorder(N), range(1)).record().of_epochs("validation_loss")
    np.testing.assert_allclose(recorder.record().of_epochs("validation_loss"), expected, rtol=1e-6)


def test_tdds_and_cld_take_them():
    found = record(fairprune.Recorder(N, kl_step=True)).record()
    scores = fairprune.scores.tdds(found.of_epochs("kl_step"), window=3)
    assert scores.shape == (N,) and np.ptp(scores) > 0
    losses = -np.log(found.evaluation.probability[:, LABELS < 2])
    validation = found.of_epochs("validation_loss")[:, :2]
    correlation = fairprune.scores.cld(losses, LABELS[LABELS < 2], validation)
    assert np.ptp(correlation) > 0


def test_a_training_that_goes_on_ends_with_the_same_series():
    half = record(fairprune.Recorder(N, kl_step=True), range(2))
    half.update([0], LOGITS[3, :1], LABELS[:1])  # of an epoch that was cut short
    half.update_validation(HELD_OUT[0], HELD_OUT_LABELS)
    state = half.state_dict()
    resumed = record(half, [])
    resumed.load_state_dict(state)
    found = record(resumed, range(2, T)).record().series
    expected = record(fairprune.Recorder(N, kl_step=True)).record().series
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    with pytest.raises(ValueError, match="recorded with kl_step=True"):
        fairprune.Recorder(N).load_state_dict(state)


def test_what_was_not_presented_has_not_moved():
    recorder = fairprune.Recorder(N, missing="previous", kl_step=True)
    record(recorder, [0])
    recorder.update(range(1, N), LOGITS[1, 1:], LABELS[1:])
    recorder.update_validation(HELD_OUT[1], HELD_OUT_LABELS)
    recorder.end_epoch()
    (steps,) = recorder.record().of_epochs("kl_step")
    assert steps[0] == 0 and (steps[1:] > 0).all()


def test_epochs_without_what_others_have_are_refused():
    recorder = record(fairprune.Recorder(N), [0])
    recorder.update(range(N), LOGITS[1], LABELS)
    with pytest.raises(ValueError, match="1 of 2 epochs have had validation examples"):
        recorder.end_epoch()
    recorder = fairprune.Recorder(N, kl_step=True)
    recorder.update(range(N), LOGITS[0], LABELS, view="evaluation")
    with pytest.raises(ValueError, match="kl_step needs the train view in epoch 1"):
        recorder.end_epoch()
    recorder = fairprune.Recorder(N)
    recorder.update(range(N), LOGITS[0], LABELS)
    recorder.update_validation(HELD_OUT[0], [K] * V)
    with pytest.raises(ValueError, match="labels must be below the 3 classes, got 3"):
        recorder.end_epoch()


def test_validation_examples_of_two_lengths_are_refused_without_an_index():
    with pytest.raises(ValueError, match=r"^logits, labels must be of one length.*\[\(7, 3\), \(6"):
        fairprune.Recorder(N).update_validation(HELD_OUT[0], HELD_OUT_LABELS[1:])
