import dataclasses

import numpy as np
import pytest
import torch

from fairprune.models import small_cnn
from fairprune.study.schedule import Schedule
from fairprune.training import loop as training
from fairprune.training.evaluation import Observation, observe
from fairprune.training.images import ImageSet
from fairprune.training.loop import TrainingError, train
from fairprune.training.run import Run
from fairprune.training.settings import Settings

SETTINGS = Settings(batch_size=16, learning_rate=0.1, weight_decay=1e-3)


def image_set(n=40, seed=0, max_shift=0, side=8):
    generator = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    images = (
        generator.integers(0, 100, (n, side, side, 1), dtype=np.uint8)
        + 70 * labels[:, None, None, None]
    )
    return ImageSet(images.astype(np.uint8), labels, [0.5], [0.25], "cpu", max_shift)


def make_run(epochs=3, names=("final", 0), schedule=None, **changes):
    settings = dataclasses.replace(SETTINGS, **changes)
    return Run(
        title="test",
        names=names,
        build=lambda: small_cnn.build(3, 1, 8, width=4),
        n_classes=3,
        train=image_set(max_shift=settings.max_shift),
        validation=image_set(30, seed=1),
        schedule=schedule or Schedule(epochs, (2,)),
        settings=settings,
    )


def weights(trained):
    return torch.cat([p.flatten() for p in trained.model.state_dict().values()])


def test_same_run_gives_the_same_bits_and_another_seed_does_not():
    first, second = train(make_run()), train(make_run())
    assert torch.equal(weights(first), weights(second))
    assert not torch.equal(weights(first), weights(train(make_run(names=("final", 1)))))


def test_other_use_of_the_global_generator_changes_nothing():
    first = train(make_run())
    torch.manual_seed(123)
    torch.rand(7)
    before = torch.get_rng_state()
    assert torch.equal(weights(first), weights(train(make_run())))
    assert torch.equal(before, torch.get_rng_state())


class Interrupted(Exception):
    pass


def interrupt_after_two_epochs(run, checkpoint, monkeypatch):
    epoch = training.train_epoch

    def stop_after_two(run, state):
        if state.epoch == 2:
            raise Interrupted
        epoch(run, state)

    with monkeypatch.context() as patch, pytest.raises(Interrupted):
        patch.setattr(training, "train_epoch", stop_after_two)
        train(run, checkpoint, "key")


RECIPES = {
    "the paper's": {"schedule": Schedule(4, (2,))},
    "a fast one": {
        "schedule": Schedule(4, shape="one_cycle"),
        "nesterov": True,
        "label_smoothing": 0.1,
        "flip_at_test": True,
    },
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_resumed_training_ends_where_an_undisturbed_one_does(tmp_path, monkeypatch, recipe):
    common = {"max_shift": 1, "flip": True, "checkpoint_interval_s": 0}
    run = make_run(record=("train", "evaluation"), **common, **RECIPES[recipe])
    whole = train(run)
    interrupt_after_two_epochs(run, tmp_path / "checkpoint.pt", monkeypatch)
    resumed = train(run, tmp_path / "checkpoint.pt", "key")
    assert torch.equal(weights(whole), weights(resumed))
    for view in ("train", "evaluation"):
        for name, values in vars(whole.record.view(view)).items():
            assert np.array_equal(values, getattr(resumed.record.view(view), name)), name


class OnGpu:
    """An array on a GPU: only after it came to the host is it one of numpy's."""

    def __init__(self, tensor):
        self.tensor = tensor

    def cpu(self):
        return self.tensor


def test_a_training_on_a_gpu_resumes_with_what_it_had_seen():
    run = make_run(epochs=2, record=("train", "evaluation"), validation_interval=1)
    state, resumed = training.start(run), training.start(run)
    training.train_epoch(run, state)
    packed = state.packed()
    for row in (packed["validation"], *packed["rows"]["train"], *packed["rows"]["evaluation"]):
        row.update({name: OnGpu(tensor) for name, tensor in row.items()})
    resumed.unpack(packed)
    np.testing.assert_equal(resumed.validation, state.validation)
    np.testing.assert_equal(resumed.memory.rows, state.memory.rows)


def test_a_resumed_training_knows_the_time_before_its_checkpoint(tmp_path, monkeypatch):
    """A clock that an epoch moves by 10 s: twice resumed, the times add up."""
    clock = [0.0]
    monkeypatch.setattr(training.time, "monotonic", lambda: clock[0])
    epoch = training.train_epoch

    def ten_seconds(run, state):
        epoch(run, state)
        clock[0] += 10

    monkeypatch.setattr(training, "train_epoch", ten_seconds)
    run = make_run(epochs=4, checkpoint_interval_s=0)
    interrupt_after_two_epochs(run, tmp_path / "checkpoint.pt", monkeypatch)
    clock[0] += 1000  # nobody works
    assert train(run, tmp_path / "checkpoint.pt", "key").earlier_s == 20
    assert train(run, tmp_path / "checkpoint.pt", "key").earlier_s == 40
    assert train(run).earlier_s == 0


@pytest.mark.parametrize(
    "damage", ["another key", "cut in half", "garbage", "one bit", "no header"]
)
def test_unusable_checkpoints_are_left_aside(tmp_path, damage):
    path, run = tmp_path / "checkpoint.pt", make_run(epochs=2)
    expected = train(run, path, "key")
    content = path.read_bytes()
    if damage == "cut in half":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "garbage":
        path.write_bytes(b"garbage")
    elif damage == "one bit":  # of a weight, which no format could tell
        matrix = next(p for p in expected.model.parameters() if p.ndim == 2)
        at = content.index(matrix.detach().numpy().tobytes())
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif damage == "no header":
        torch.save({"key": "key", "state": {"epoch": 2}}, path)
    key = "other" if damage == "another key" else "key"
    assert torch.equal(weights(expected), weights(train(run, path, key)))


def test_the_record_holds_what_the_training_minibatches_gave(monkeypatch):
    """Every example once an epoch, against fields computed one by one in float64."""
    seen = {}
    add = Observation.add

    def spy(self, index, logits, labels):
        for i, row, label in zip(
            index.tolist(), logits.double().numpy(), labels.tolist(), strict=True
        ):
            seen.setdefault(i, []).append((row, label))
        add(self, index, logits, labels)

    monkeypatch.setattr(Observation, "add", spy)
    record = train(dataclasses.replace(make_run(record=("train",)), validation=None)).record
    view = record.view("train")
    assert view.probability.shape == (3, 40) and list(view.epochs) == [1, 2, 3]
    for i in range(40):
        for t, (logits, label) in enumerate(seen[i]):
            p = np.exp(logits - logits.max())
            p /= p.sum()
            error = p - np.eye(3)[label]
            assert view.probability[t, i] == pytest.approx(p[label], rel=1e-4)
            assert view.el2n[t, i] == pytest.approx(np.linalg.norm(error), rel=1e-4)
            assert view.correct[t, i] == (logits.argmax() == label)
            assert view.margin[t, i] == pytest.approx(
                logits[label] - np.delete(logits, label).max(), rel=1e-3, abs=1e-4
            )


def test_recording_does_not_disturb_the_training():
    plain = train(make_run())
    recorded = train(make_run(record=("train", "evaluation"), validation_interval=1))
    assert torch.equal(weights(plain), weights(recorded))
    assert sorted(recorded.validation) == [1, 2, 3] and sorted(plain.validation) == [3]


def test_last_row_of_the_evaluation_view_is_the_final_model():
    trained = train(make_run(record=("last",)))
    view = trained.record.view("evaluation")
    expected = observe(trained.model, make_run().train).numpy()
    assert list(view.epochs) == [3]
    assert np.array_equal(view.el2n[0], expected["el2n"])


def test_cdbw_weights_follow_the_validation_recalls(monkeypatch):
    used = []
    steps = training._steps
    monkeypatch.setattr(
        training,
        "_steps",
        lambda run, state, epoch, w, o: used.append(w) or steps(run, state, epoch, w, o),
    )
    trained = train(make_run(epochs=3, loss="cdbw", loss_options={"tau": 2.0}))
    assert used[0] is None
    labels = image_set(30, seed=1).labels.numpy()
    for epoch in (1, 2):
        recall = np.bincount(labels[trained.validation[epoch]], minlength=3) / 10
        np.testing.assert_allclose(used[epoch].numpy(), (1 - recall) ** 2, rtol=1e-6)


def test_smoothed_recalls_survive_an_interruption(tmp_path, monkeypatch):
    from fairprune.training import loop as training

    used = []
    steps = training._steps
    monkeypatch.setattr(
        training,
        "_steps",
        lambda run, state, epoch, w, o: used.append(w) or steps(run, state, epoch, w, o),
    )
    settings = {"loss": "cdbw", "loss_options": {"smoothing": 0.8}, "checkpoint_interval_s": -1.0}
    run = make_run(epochs=5, **settings)
    whole = train(run)
    interrupt_after_two_epochs(run, tmp_path / "checkpoint.pt", monkeypatch)
    del used[5:]
    resumed = train(run, tmp_path / "checkpoint.pt", "key")
    assert torch.equal(weights(whole), weights(resumed))
    labels = image_set(30, seed=1).labels.numpy()
    mean = np.zeros(0)
    for epoch in range(1, 5):
        recall = np.bincount(labels[whole.validation[epoch]], minlength=3) / 10
        mean = 0.8 * mean + 0.2 * recall if len(mean) else recall
        np.testing.assert_allclose(used[epoch].numpy(), 1 - mean, rtol=1e-5, atol=1e-6)
    for before, after in zip(used[2:5], used[5:], strict=True):
        assert torch.equal(before, after)


def test_a_loss_that_is_not_finite_stops_the_run_and_says_where():
    with pytest.raises(TrainingError, match=r"epoch 1 at learning rate 1e\+30"):
        train(make_run(learning_rate=1e30))


def test_learning_happens():
    trained = train(make_run(epochs=15))
    assert observe(trained.model, make_run().validation).correct.float().mean() > 0.9


def test_a_loss_refuses_a_class_without_validation_examples_before_any_epoch(monkeypatch):
    run = make_run(loss="cdbw")
    of_two_classes = ImageSet(
        np.zeros((4, 8, 8, 1), np.uint8), np.array([0, 2, 0, 2]), [0.5], [0.25], "cpu"
    )
    monkeypatch.setattr(training, "train_epoch", None)
    with pytest.raises(ValueError, match="class 1 has no validation examples; CDB-W needs"):
        train(dataclasses.replace(run, validation=of_two_classes))


def test_epochs_on_other_examples_train_on_these_and_no_others():
    drawn = {}

    def draw(epoch):
        drawn[epoch] = np.arange(epoch % 2, 40, 2)
        return drawn[epoch]

    whole = train(dataclasses.replace(make_run(epochs=4), draw=lambda epoch: np.arange(40)))
    assert torch.equal(weights(whole), weights(train(make_run(epochs=4))))
    halves = train(dataclasses.replace(make_run(epochs=4), draw=draw))
    assert {epoch: part[0] for epoch, part in drawn.items()} == {1: 1, 2: 0, 3: 1, 4: 0}

    part = make_run(epochs=1)
    even = np.arange(0, 40, 2)
    images = part.train._images.numpy()[even]
    alone = ImageSet(images, part.train.labels.numpy()[even], [0.5], [0.25], "cpu")
    expected = train(dataclasses.replace(part, train=alone))
    found = train(dataclasses.replace(part, draw=lambda epoch: even))
    assert torch.equal(weights(found), weights(expected))
    assert not torch.equal(weights(halves), weights(whole))
