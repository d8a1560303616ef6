"""Captured steps, with a stand-in for CUDA graphs that bakes in what a graph bakes in."""

import copy
import dataclasses

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from fairprune.models import small_cnn
from fairprune.training import loop as training
from fairprune.training.loop import train
from fairprune.training.sgd import SGD
from fairprune.training.step import WARM_UP, CapturedStep, CudaRecorder, EagerStep
from tests.unit.training.test_loop import image_set, make_run, weights


class Replayed:
    """A recorder on the CPU: recording computes nothing, replaying keeps the learning rate."""

    def __init__(self, model, optimizer):
        self._model, self._optimizer = model, optimizer
        self.rates = []

    def warm_up(self, call):
        return call()

    def record(self, call):
        states = [copy.deepcopy(part.state_dict()) for part in (self._model, self._optimizer)]
        self._call, self._results = call, call()
        for part, state in zip((self._model, self._optimizer), states, strict=True):
            part.load_state_dict(state)
        self.rates.append(self._optimizer.learning_rate)
        return self._results

    def replay(self):
        current = self._optimizer.learning_rate
        self._optimizer.learning_rate = self.rates[-1]
        for static, value in zip(self._results, self._call(), strict=True):
            static.copy_(value)
        self._optimizer.learning_rate = current

    def random_state(self):
        return torch.get_rng_state()


@pytest.fixture
def recorders(monkeypatch):
    """Trainings take captured steps; gives their recorders."""
    used = []

    def captured(run, model, optimizer):
        used.append(Replayed(model, optimizer))
        step = EagerStep(model, optimizer, run.settings.precision)
        return CapturedStep(step, run.settings.batch_size, used[-1])

    def capture():
        monkeypatch.setattr(training, "_step", captured)
        return used

    return capture


def assert_same(first, second):
    assert torch.equal(weights(first), weights(second))
    for name, values in vars(first.record.view("train")).items():
        assert (values == getattr(second.record.view("train"), name)).all(), name


@pytest.mark.parametrize("loss", ["cross_entropy", "cdbw"])
def test_captured_steps_are_the_eager_ones(recorders, loss):
    run = make_run(epochs=4, loss=loss, record=("train",), max_shift=1, flip=True)
    eager, used = train(run), recorders()
    assert_same(eager, train(run))
    (recorder,) = used
    assert recorder.rates == pytest.approx([0.1, 0.02])


def test_the_first_weights_of_the_classes_are_recorded_anew(recorders):
    run = make_run(epochs=3, loss="cdbw", batch_size=8, record=("train",))
    eager, used = train(run), recorders()
    assert_same(eager, train(run))
    (recorder,) = used
    assert recorder.rates == pytest.approx([0.1, 0.1, 0.02])


def test_a_model_that_draws_random_numbers_stays_eager(recorders, caplog):
    def build():
        model = small_cnn.build(3, 1, 8, width=4)
        model.head = nn.Sequential(nn.Dropout(0.5), model.head)
        return model

    run = dataclasses.replace(make_run(record=("train",)), build=build)
    eager, used = train(run), recorders()
    assert_same(eager, train(run))
    assert used[0].rates == []
    assert "draws random numbers" in caplog.text


def test_on_the_cpu_the_setting_changes_nothing_and_the_log_says_so(caplog):
    caplog.set_level("INFO")
    plain, asked = train(make_run()), train(make_run(cuda_graphs=True))
    assert torch.equal(weights(plain), weights(asked))
    assert "cuda_graphs has no effect on the CPU" in caplog.text


class Waits(TorchDispatchMode):
    """Counts operations for which the host would wait for a GPU."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal")

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.n += function.overloadpacket.__name__ in self.NAMES
        return function(*args, **(kwargs or {}))


def test_the_host_waits_once_an_epoch_whatever_the_number_of_batches():
    counts = {}
    for n in (32, 320):
        run = make_run(max_shift=1, flip=True, record=("train",))
        run = dataclasses.replace(run, train=image_set(n, max_shift=1))
        state = training.start(run)
        with Waits() as waits:
            training._steps(run, state, 1, None, training.Observation(n, "cpu"))
        counts[n] = waits.n
    assert counts == {32: 1, 320: 1}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_real_graph_trains_like_eager_steps():
    def trained(captured):
        torch.manual_seed(0)
        model = small_cnn.build(3, 1, 8).cuda()
        optimizer = SGD(model.parameters(), 0.1, momentum=0.9)
        step = EagerStep(model, optimizer, "float32")
        if captured:
            step = CapturedStep(step, 16, CudaRecorder())
        for images, labels in batches:
            step(images, labels, None)
        return torch.cat([p.detach().flatten() for p in model.parameters()])

    generator = torch.Generator().manual_seed(0)
    batches = [
        (
            torch.randn(16, 1, 8, 8, generator=generator).cuda(),
            torch.randint(3, (16,), generator=generator).cuda(),
        )
        for _ in range(WARM_UP + 5)
    ]
    torch.testing.assert_close(trained(True), trained(False), rtol=1e-4, atol=1e-5)
