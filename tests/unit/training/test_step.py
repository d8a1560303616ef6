"""Steps do not make the host wait for a GPU, and take no other outputs than logits."""

import dataclasses

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from fairprune.models import small_cnn
from fairprune.training import loop as training
from tests.unit.training.test_loop import image_set, make_run


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


@pytest.mark.parametrize(
    ("output", "got"),
    [
        (lambda logits: logits[:, :2], r"shape \(16, 2\)"),
        (lambda logits: torch.cat([logits, logits], 1), r"shape \(16, 6\)"),
        (lambda logits: {"logits": logits}, "dict"),
    ],
)
def test_a_model_that_gives_no_logits_of_the_classes_is_refused(output, got):
    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = small_cnn.build(3, 1, 8, width=4)

        def forward(self, images):
            return output(self.inner(images))

    run = dataclasses.replace(make_run(), build=Mine)
    with pytest.raises(ValueError, match=rf"logits of shape \(16, 3\).*; got {got} of Mine"):
        training.train(run)
