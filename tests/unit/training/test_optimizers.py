"""The optimizers against those of ``torch.optim``, bit for bit, and without what that imports."""

import subprocess
import sys

import pytest
import torch
from torch import nn

from fairprune.training.optimizers import SGD, AdamW, Optimizer

RATES = (0.1, 0.1, 0.02, 0.02)
WITHOUT_GRADIENT = (0, 2)  # steps in which the first layer has none


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, 3))


def theirs(net, momentum, weight_decay, nesterov):
    options = {"momentum": momentum, "weight_decay": weight_decay, "nesterov": nesterov}
    return torch.optim.SGD(net.parameters(), 0.1, foreach=True, **options)


def ours(net, momentum, weight_decay, nesterov):
    return SGD(net.parameters(), 0.1, momentum, weight_decay, nesterov)


def take(net, optimizer, numbers):
    """The steps of these numbers."""
    for number in numbers:
        if isinstance(optimizer, Optimizer):
            optimizer.learning_rate = RATES[number]
        else:
            optimizer.param_groups[0]["lr"] = RATES[number]
        optimizer.zero_grad()
        batch = torch.randn(8, 5, generator=torch.Generator().manual_seed(number))
        net(batch).square().mean().backward()
        if number in WITHOUT_GRADIENT:
            net[0].weight.grad = net[0].bias.grad = None
        optimizer.step()


OPTIONS = [(0.9, 5e-4, False), (0.9, 0.0, False), (0.0, 0.1, False), (0.9, 5e-4, True)]


@pytest.mark.parametrize("first", [theirs, ours])
@pytest.mark.parametrize("n_first", [0, 1, 3])
@pytest.mark.parametrize("options", OPTIONS)
def test_steps_are_those_of_torch(options, n_first, first):
    """Also after some steps of either, taken over with their state."""
    reference, own = model(), model()
    take(reference, theirs(reference, *options), range(4))
    before = first(own, *options)
    take(own, before, range(n_first))
    after = ours(own, *options)
    after.load_state_dict(before.state_dict())
    take(own, after, range(n_first, 4))
    assert not torch.equal(own[0].weight, model()[0].weight)
    for a, b in zip(reference.parameters(), own.parameters(), strict=True):
        assert torch.equal(a, b)


STEP_AND_SCORE = """
import sys
import torch
from fairprune.algorithms.gradients.norms import GradientNorms
from fairprune.models import small_cnn
from fairprune.training.optimizers import SGD
from fairprune.training.step import Step

model = small_cnn.build(3, 1, 8)
images, labels = torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0])
Step(model, SGD(model.parameters(), 0.1, momentum=0.9), "float32")(images, labels, None)
GradientNorms(model.eval())(images, labels)
print(*{"torch._dynamo", "sympy"} & set(sys.modules))
"""


def test_training_and_grand_do_not_import_the_compiler():
    """It would take a second of every job."""
    command = [sys.executable, "-c", STEP_AND_SCORE]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


def their_adamw(net, momentum, weight_decay):
    options = {"betas": (momentum, 0.999), "weight_decay": weight_decay}
    return torch.optim.AdamW(net.parameters(), 0.1, foreach=True, **options)


def our_adamw(net, momentum, weight_decay):
    return AdamW(net.parameters(), 0.1, momentum, weight_decay)


@pytest.mark.parametrize("first", [their_adamw, our_adamw])
@pytest.mark.parametrize("n_first", [0, 1, 3])
def test_steps_of_adamw_are_those_of_torch(n_first, first):
    reference, own = model(), model()
    take(reference, their_adamw(reference, 0.8, 0.05), range(4))
    before = first(own, 0.8, 0.05)
    take(own, before, range(n_first))
    after = our_adamw(own, 0.8, 0.05)
    after.load_state_dict(before.state_dict())
    take(own, after, range(n_first, 4))
    for ours_now, theirs_now in zip(own.parameters(), reference.parameters(), strict=True):
        assert torch.equal(ours_now, theirs_now)
