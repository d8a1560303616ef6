"""A final training that goes on after its death, or after its result was lost."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fairprune import load_model
from fairprune.jobs.cost import Spent
from fairprune.stages import final
from fairprune.stages.final import FinalFiles, train_final
from fairprune.stages.inputs import Data
from fairprune.storage.tables import FINAL, OUTCOMES, read_table
from fairprune.training.evaluation import in_order
from tests.unit.stages import tiny

LABELS = np.repeat([0, 1], 12)


@pytest.fixture
def data(tmp_path):
    """A canonical folder of 24 images a split, and the index set of all of them."""
    tiny.write_images(tmp_path, LABELS, np.arange(24))
    return tmp_path


def trained(data, weights=None, **more):
    """The result of a training, which leaves its checkpoint beside it."""
    names = ("final.parquet", "outcomes.parquet", "epochs.parquet", "cost.json")
    out = FinalFiles(*(data / name for name in names), weights)
    train_final(
        out,
        title="t",
        method="m",
        density="1.0",
        seed=0,
        data_folder=data,
        pruned=data / "training_set.parquet",
        model={"name": "small_cnn", "width": 2},
        training=tiny.TRAINING,
        checkpoint_interval_s=0,
        curve_points="auto",
        device=torch.device("cpu"),
        **more,
    )
    return out.result.read_bytes()


def test_the_result_counts_the_outcomes_of_each_class(data):
    trained(data)
    correct = read_table(data / "outcomes.parquet", OUTCOMES)["correct"].to_numpy()
    result = read_table(data / "final.parquet", FINAL).to_pandas()
    assert result["n_correct"].tolist() == np.bincount(LABELS, correct).tolist()
    assert result["n_test"].tolist() == result["n_train"].tolist() == [12, 12]


def test_a_training_follows_the_logits_of_its_teacher(data, monkeypatch):
    """Those of the images without augmentation, up to a constant for each image."""
    teacher, runs = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2)), []

    def tested(run, *_, **__):
        runs.append(run)
        raise InterruptedError

    monkeypatch.setattr(final, "load_model", lambda *_: teacher)
    monkeypatch.setattr(final, "check_beside", lambda *_, **__: None)
    monkeypatch.setattr(final, "tested", tested)
    file = data / "fingerprint.json"  # any: the model is not read from it
    with pytest.raises(InterruptedError):
        trained(data, teacher=file, teacher_recall=file)
    images = Data.open(data, torch.device("cpu")).images("train", np.arange(24), 0)
    ((_, batch),) = in_order(images, 24)
    with torch.no_grad():
        expected = torch.log_softmax(teacher(batch), dim=1)
    torch.testing.assert_close(runs[0].teacher, expected)


def test_weights_are_kept_of_a_model_that_was_tested_without_them(data, caplog):
    first = trained(data)
    assert trained(data, data / "model.pt") == first
    load_model(data / "model.pt")
    with caplog.at_level("INFO"):
        (data / "model.pt").unlink()
        assert trained(data, data / "model.pt") == first
    assert "t/m/density1.0/seed0: trained and tested before" in caplog.messages
    load_model(data / "model.pt")


def test_another_number_of_threads_resumes_nothing(data, monkeypatch, caplog):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    trained(data)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    with caplog.at_level("WARNING"):
        trained(data)
    assert "final.checkpoint.pt belongs to another run and is not used" in caplog.text


@pytest.fixture
def tf32_flags():
    """The two modules whose products may be in TF32, as PyTorch starts."""
    modules = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [module.allow_tf32 for module in modules]
    for module, value in zip(modules, (False, True), strict=True):
        module.allow_tf32 = value
    yield modules
    for module, value in zip(modules, before, strict=True):
        module.allow_tf32 = value


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("float32", [False, False]), ("tf32", [True, True]), ("bfloat16", [False, True])],
)
def test_a_model_whose_training_was_done_before_is_tested_in_its_precision(
    tmp_path, monkeypatch, tf32_flags, precision, expected
):
    seen = []

    def observe(model, images, **_):
        seen.extend(module.allow_tf32 for module in tf32_flags)
        return SimpleNamespace(correct=torch.ones(1, dtype=torch.bool))

    monkeypatch.setattr(final, "observe", observe)
    resumed = SimpleNamespace(model=None, curve=[], earlier_s=0.0)
    monkeypatch.setattr(final, "train", lambda *_: resumed)
    settings = SimpleNamespace(precision=precision, flip_at_test=False)
    data = SimpleNamespace(device=torch.device("cuda"), images=lambda split: None)
    run = SimpleNamespace(settings=settings, title="t")
    final.tested(run, data, tmp_path / "c.checkpoint.pt", "key", Spent(began=0.0))
    assert seen == expected
