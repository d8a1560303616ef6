"""TensorBoard's event files of a training, where it is installed."""

import sys

import pytest
import torch

from fairprune.training.board import FOLDER, SHOWN
from fairprune.training.loop import train
from tests.unit.training.test_curve import followed
from tests.unit.training.test_loop import interrupt_after_two_epochs, make_run, weights


def shown(folder):
    """(epoch, value) of each curve, as TensorBoard shows them."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder)).Reload()
    assert set(events.Tags()["scalars"]) == set(SHOWN)
    return {name: [(e.step, e.value) for e in events.Scalars(name)] for name in SHOWN}


def expected(curve):
    rows = {name: [row for row in curve if row[name] is not None] for name in SHOWN}
    return {
        name: [(row["epoch"], pytest.approx(row[name])) for row in measured]
        for name, measured in rows.items()
    }


def test_nothing_is_written_where_nobody_asked(tmp_path, monkeypatch):
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.chdir(tmp_path)
    train(make_run(1))
    assert list(tmp_path.iterdir()) == []


def test_curves_are_shown_epoch_by_epoch_and_change_no_bit(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    plain = train(followed(make_run(3), 2))
    monkeypatch.setenv(FOLDER, str(tmp_path))
    for _ in range(2):  # the second takes the place of the first
        trained = train(followed(make_run(3), 2))
    assert torch.equal(weights(plain), weights(trained)) and plain.curve == trained.curve
    assert shown(tmp_path / "test") == expected(plain.curve)
    assert len(list((tmp_path / "test").iterdir())) == 1


def test_a_resumed_training_shows_each_epoch_once(tmp_path, monkeypatch):
    pytest.importorskip("tensorboard")
    monkeypatch.setenv(FOLDER, str(tmp_path / "board"))
    run = followed(make_run(4, checkpoint_interval_s=1e6), 4)
    run_saved = followed(make_run(4, checkpoint_interval_s=0), 4)
    interrupt_after_two_epochs(run_saved, tmp_path / "c.pt", monkeypatch)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("fairprune.training.loop.save_checkpoint", _killed)
        train(run, tmp_path / "c.pt", "key")  # shows epochs 3 and 4, and saves none
    resumed = train(run_saved, tmp_path / "c.pt", "key")
    assert shown(tmp_path / "board" / "test") == expected(resumed.curve)


def _killed(*_args):
    raise KeyboardInterrupt


def test_a_sentence_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(tmp_path))
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(
        ImportError, match=r"tensorboard is needed here: .*fairprune\[tensorboard\]"
    ):
        train(make_run(1))
