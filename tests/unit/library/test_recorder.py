"""The record of a training of one's own against that of the workflow's loop."""

import numpy as np
import pytest
import torch

import fairprune
from fairprune.algorithms.outputs import read_logits
from fairprune.training.evaluation import Observation
from fairprune.training.record import read_record, write_record
from tests.reference import trajectories

N, K, T = 13, 4, 5
RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, K, N)
LOGITS = RNG.normal(0, 3, (T, N, K)).astype(np.float32)


def record(logits=LOGITS, as_batch=np.asarray, **options):
    """Recorded in batches of another order in each epoch."""
    recorder = fairprune.Recorder(N, **options)
    for epoch in range(len(logits)):
        for index in np.array_split(np.random.default_rng(epoch).permutation(N), 3):
            recorder.update(as_batch(index), as_batch(logits[epoch, index]), LABELS[index].tolist())
        recorder.end_epoch()
    return recorder


@pytest.mark.parametrize("as_batch", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
def test_it_is_what_the_workflow_records(as_batch):
    found = record(as_batch=as_batch).record()
    assert found.n_classes == K and found.labels.tolist() == LABELS.tolist()
    assert found.train.epochs.tolist() == [1, 2, 3, 4, 5] and found.evaluation is None
    for epoch in range(T):
        seen = Observation(N, "cpu")
        seen.add(torch.arange(N), torch.tensor(LOGITS[epoch]), torch.tensor(LABELS))
        for name, values in seen.numpy().items():
            rows = getattr(found.train, name)
            assert rows.dtype == values.dtype
            np.testing.assert_allclose(rows[epoch], values, rtol=1e-5, atol=1e-6)


def test_the_workflow_writes_and_reads_it(tmp_path):
    write_record(tmp_path / "record.npz", record().record())
    read = read_record(tmp_path / "record.npz")
    np.testing.assert_array_equal(read.train.margin, record().record().train.margin)


def test_outputs_by_the_definitions():
    outputs = read_logits(LOGITS[0], LABELS)
    for i, (logits, label) in enumerate(zip(LOGITS[0].tolist(), LABELS.tolist(), strict=True)):
        assert outputs.el2n[i] == pytest.approx(trajectories.el2n(logits, label))
        assert outputs.margin[i] == pytest.approx(trajectories.margin(logits, label))
        assert outputs.probability[i] == pytest.approx(trajectories.softmax(logits)[label])
        assert outputs.correct[i] == (int(np.argmax(logits)) == label)
    confident = read_logits([[40.0, 0.0]], [0])
    assert confident.el2n[0] == pytest.approx(np.sqrt(2) * np.exp(-40))


def test_the_views_are_kept_apart_and_each_has_its_own_epochs():
    recorder = fairprune.Recorder(N)
    for epoch in range(T):
        recorder.update(range(N), LOGITS[epoch], LABELS)
        if epoch % 2:
            recorder.update(range(N), LOGITS[0], LABELS, view="evaluation")
        recorder.end_epoch()
    found = recorder.record()
    assert found.evaluation.epochs.tolist() == [2, 4]
    np.testing.assert_array_equal(found.evaluation.margin[1], found.train.margin[0])


def test_a_training_that_goes_on_ends_with_the_same_record():
    half = record(LOGITS[:2])
    half.update([0], LOGITS[2, :1], LABELS[:1])  # of the epoch that was cut short
    resumed = fairprune.Recorder(N)
    resumed.load_state_dict(half.state_dict())
    for epoch in range(2, T):
        resumed.update(range(N), LOGITS[epoch], LABELS)
        resumed.end_epoch()
    np.testing.assert_array_equal(resumed.record().train.el2n, record().record().train.el2n)


def test_what_an_epoch_has_not_presented():
    recorder = fairprune.Recorder(N, missing="previous")
    recorder.update(range(N), LOGITS[0], LABELS)
    recorder.end_epoch()
    recorder.update(range(1, N), LOGITS[1, 1:], LABELS[1:])
    recorder.end_epoch()
    margin = recorder.record().train.margin
    assert margin[1, 0] == margin[0, 0] and margin[1, 1] != margin[0, 1]

    strict = fairprune.Recorder(N)
    strict.update(range(1, N), LOGITS[0, 1:], LABELS[1:])
    with pytest.raises(ValueError, match="presented 12 of 13 examples, not example 0; .*drop_last"):
        strict.end_epoch()


@pytest.mark.parametrize(
    ("index", "logits", "labels", "message"),
    [
        ([0, N], LOGITS[0, :2], LABELS[:2], rf"index must be at most {N - 1}, got index\[1\] = 13"),
        ([0], LOGITS[0, :2], LABELS[:2], r"must be of one length, got shapes \[\(1,\), \(2, 4\)"),
        (0, LOGITS[0, 0], LABELS[0], r"must be of one length, got shapes \[\(\), \(4,\), \(\)\]"),
        ([0, 1], LOGITS[0, :2], [0, K], "labels must be below the 4 classes, got 4"),
        ([0, 1], LOGITS[0, :2] * np.nan, LABELS[:2], "logits of example 0 must be finite, got nan"),
    ],
)
def test_batches_of_no_use_are_refused(index, logits, labels, message):
    recorder = fairprune.Recorder(N)
    with pytest.raises(ValueError, match=message):
        recorder.update(index, logits, labels)
        recorder.end_epoch()


def test_an_example_with_logits_that_are_not_finite_is_named_whatever_its_batch():
    recorder, logits = record(), LOGITS[0].copy()
    logits[7, 2] = np.inf
    for index in np.array_split(np.arange(N)[::-1], 4):
        recorder.update(index, torch.tensor(logits[index]), LABELS[index])
    message = f"epoch {T + 1} of the train view: the logits of example 7 must be finite, got inf"
    with pytest.raises(ValueError, match=message):
        recorder.end_epoch()


def test_other_widths_are_refused_at_once_and_harm_nothing_else():
    recorder = fairprune.Recorder(N)
    recorder.update(range(N), LOGITS[0], LABELS)
    with pytest.raises(ValueError, match="logits have 3 columns, earlier ones 4"):
        recorder.update([0], LOGITS[0, :1, :3], [0])
    recorder.end_epoch()
    np.testing.assert_array_equal(recorder.record().labels, LABELS)


@pytest.mark.parametrize("as_batch", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_buffers_may_be_used_again(as_batch):
    recorder, buffers = fairprune.Recorder(N), [as_batch(x) for x in ([0], LOGITS[0, :1], [0])]
    for i in range(N):
        for buffer, values in zip(buffers, ([i], LOGITS[0, i], [LABELS[i]]), strict=True):
            buffer[:] = as_batch(values)
        recorder.update(*buffers)
    recorder.end_epoch()
    found, expected = recorder.record(), read_logits(LOGITS[0], LABELS)
    np.testing.assert_array_equal(found.labels, LABELS)
    np.testing.assert_allclose(found.train.margin[0], expected.margin, rtol=1e-6)


def test_two_data_sets_that_both_count_from_zero_are_noticed():
    recorder = fairprune.Recorder(N)
    recorder.update([0, 1, 0], LOGITS[0, :3], [1, 2, 3])
    with pytest.raises(ValueError, match="example 0 has label .* position in the whole"):
        recorder.end_epoch()


def test_examples_that_the_first_epochs_left_out_count_as_they_were_at_first():
    recorder = fairprune.Recorder(N, missing="previous", kl_step=True)
    for epoch, left_out in enumerate([[0, 1], [1], [2]]):
        index = np.setdiff1d(np.arange(N), left_out)
        recorder.update(index, LOGITS[epoch, index], LABELS[index])
        recorder.end_epoch()
        if epoch < 2:
            with pytest.raises(ValueError, match=f"no epoch has presented example {epoch}"):
                recorder.record()
    found = recorder.record()
    for name in ("probability", "correct", "el2n", "margin"):
        values = getattr(found.train, name)
        expected = [getattr(read_logits(LOGITS[epoch], LABELS), name) for epoch in range(3)]
        shown = [[1, 2, 0], [1, 2, 1], [2, 2, 1]]  # of which epoch, for examples 0, 1 and 2
        kept = [[expected[epoch][i] for i, epoch in enumerate(row)] for row in shown]
        np.testing.assert_allclose(values[:, :3], kept, rtol=1e-6, err_msg=name)
    steps = found.of_epochs("kl_step")
    assert np.isfinite(steps).all() and steps[1, 2] == 0 and steps[0, 1] == 0


def test_positions_of_a_shuffled_subset_are_noticed():
    recorder = record()
    recorder.update(range(N), LOGITS[0], (LABELS + 1) % K)
    with pytest.raises(ValueError, match="example 0 has label .* position in the whole"):
        recorder.end_epoch()
    with pytest.raises(ValueError, match="epoch 1 ends without an update"):
        fairprune.Recorder(N).end_epoch()
    with pytest.raises(ValueError, match="no epoch has ended"):
        fairprune.Recorder(N).record()
