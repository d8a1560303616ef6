"""The learning curve of a training: what it holds, and that it changes nothing."""

import dataclasses
import logging

import numpy as np
import pytest
import torch

from fairprune.training.curve import Curve, n_points
from fairprune.training.loop import train
from tests.unit.training.test_loop import interrupt_after_two_epochs, make_run, weights


def followed(run, points):
    return dataclasses.replace(run, curve_points=points)


@pytest.mark.parametrize("recipe", [{}, {"record": ("train", "last")}, {"loss": "cdbw"}])
def test_following_a_training_changes_no_bit_of_it(recipe):
    plain, measured = (train(followed(make_run(4, **recipe), n)) for n in (0, 4))
    assert torch.equal(weights(plain), weights(measured))
    assert plain.validation.keys() == measured.validation.keys()
    for epoch, correct in plain.validation.items():
        np.testing.assert_array_equal(correct, measured.validation[epoch])


def test_each_epoch_has_a_row_and_some_a_validation():
    run = followed(make_run(4), 2)
    trained = train(run)
    rows = trained.curve
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert [row["validation_accuracy"] is None for row in rows] == [True, False, True, False]
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.1, 0.1, 0.02, 0.02])
    assert rows[-1]["loss"] < rows[0]["loss"]

    correct, labels = trained.validation[4], run.validation.labels.numpy()
    recall = [correct[labels == k].mean() for k in range(3)]
    assert rows[-1]["validation_accuracy"] == pytest.approx(correct.mean())
    assert rows[-1]["worst_class_accuracy"] == pytest.approx(min(recall))
    assert rows[-1]["worst_class"] == int(np.argmin(recall))


def test_a_resumed_training_has_the_same_curve(tmp_path, monkeypatch):
    run = followed(make_run(4), 4)
    interrupt_after_two_epochs(run, tmp_path / "c.pt", monkeypatch)
    assert train(run, tmp_path / "c.pt", "key").curve == train(run).curve


def test_its_log_says_how_well_it_goes_and_how_long_it_takes(caplog):
    with caplog.at_level(logging.INFO):
        train(followed(make_run(2), 1))
    first, last = (m for m in caplog.messages if "epoch" in m)
    assert "validation" not in first and "images/s" in first
    assert "epoch 2/2, loss" in last and "worst class" in last and last.endswith("0 s left")


def test_the_line_of_an_epoch_is_the_same_each_time(monkeypatch):
    curve = Curve(4, n_train=500, _begun=10.0)
    monkeypatch.setattr("time.monotonic", lambda: 20.0)
    curve.add(1, 0.5, 0.1)
    assert curve.line() == curve.line()
    assert curve.line().endswith("50 images/s, 30 s left")


def test_validation_takes_a_share_of_the_time_that_does_not_grow_with_it():
    assert n_points("auto", 45_000, 5000, 160, passes=1) == 20
    few = n_points("auto", 500, 5000, 160, passes=1)
    assert few * 5000 <= 0.02 * 3 * 500 * 160 < (few + 1) * 5000
    assert n_points("auto", 500, 5000, 160, passes=2) == few // 2
    assert n_points(7, 500, 5000, 160, passes=1) == 7 and n_points(900, 1, 1, 3, passes=1) == 3


@pytest.mark.parametrize(("epochs", "points"), [(160, 20), (7, 3), (5, 5), (9, 1)])
def test_points_are_spread_evenly_and_end_with_the_last_epoch(epochs, points):
    chosen = [epoch for epoch in range(1, epochs + 1) if Curve(epochs, 1, points).is_due(epoch)]
    assert len(chosen) == points and chosen[-1] == epochs
    assert np.ptp(np.diff([0, *chosen])) <= 1


def test_a_class_without_validation_images_is_not_the_worst():
    curve = Curve(epochs=1, n_train=3)
    curve.add(1, 0.5, 0.1)
    curve.measure(np.array([True, True, False]), np.array([0, 2, 2]), 3)
    assert curve.rows[-1]["worst_class"] == 2 and curve.rows[-1]["worst_class_accuracy"] == 0.5
