"""Whose progress a checkpoint is."""

from fairprune.training.checkpoint import run_key


def test_the_key_changes_with_settings_and_with_the_content_of_inputs(tmp_path):
    file = tmp_path / "input"
    file.write_text("a")
    key = run_key({"lr": 0.1, "b": [1, 2]}, data=file)
    assert key == run_key({"b": [1, 2], "lr": 0.1}, data=file)
    assert key != run_key({"lr": 0.2, "b": [1, 2]}, data=file)
    file.write_text("b")
    assert key != run_key({"lr": 0.1, "b": [1, 2]}, data=file)
