"""Whose progress a checkpoint is."""

import logging

import torch

from fairprune.training.checkpoint import load_checkpoint, run_key, save_checkpoint

CPU = torch.device("cpu")


def test_the_key_changes_with_settings_and_with_the_content_of_inputs(tmp_path):
    file = tmp_path / "input"
    file.write_text("a")
    key = run_key({"lr": 0.1, "b": [1, 2]}, device=CPU, data=file)
    assert key == run_key({"b": [1, 2], "lr": 0.1}, device=CPU, data=file)
    assert key != run_key({"lr": 0.2, "b": [1, 2]}, device=CPU, data=file)
    file.write_text("b")
    assert key != run_key({"lr": 0.1, "b": [1, 2]}, device=CPU, data=file)


def test_the_key_changes_with_the_threads_and_the_kind_of_device(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    key = run_key({}, device=CPU)
    assert key != run_key({}, device=torch.device("cuda:0"))
    assert run_key({}, device=torch.device("cuda:0")) == run_key({}, device=torch.device("cuda:1"))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert key != run_key({}, device=CPU)


def test_a_state_without_a_part_is_left_aside(tmp_path, caplog):
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, "key", {"model": {}, "epoch": 3})
    assert load_checkpoint(path, "key", CPU, ["epoch", "model"])["epoch"] == 3
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(path, "key", CPU, ["model", "optimizer"]) is None
    assert "is not complete (it lacks optimizer); starting from the beginning" in caplog.text
