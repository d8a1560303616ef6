"""Knowledge distillation in the final training."""

import math

import numpy as np
import pytest
import torch

from fairprune.losses.distillation import with_teacher
from fairprune.training.loop import train
from tests.reference.trajectories import softmax
from tests.unit.training.test_loop import make_run, weights


def slow(loss, student, teacher, weight, temperature):
    """One example after the other, from the formula."""
    divergences = []
    for z, t in zip(student, teacher, strict=True):
        p, q = (softmax([value / temperature for value in logits]) for logits in (t, z))
        divergences.append(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
    mean = sum(divergences) / len(divergences)
    return (1 - weight) * loss + weight * temperature**2 * mean


def test_by_hand():
    # teacher 3/4 and 1/4, student even: KL = 3/4 log 3/2 + 1/4 log 1/2; at T = 1, a half of both
    teacher = torch.tensor([[math.log(3), 0.0]])
    found = with_teacher(torch.tensor(1.0), torch.zeros(1, 2), teacher, weight=0.5, temperature=1.0)
    divergence = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert found.item() == pytest.approx(0.5 + 0.5 * divergence, rel=1e-6)


@pytest.mark.parametrize(("weight", "temperature"), [(0.3, 4.0), (1.0, 0.5), (0.0, 2.0)])
def test_against_the_definition(weight, temperature):
    student, teacher = np.random.default_rng(0).normal(size=(2, 6, 4))
    options = {"weight": weight, "temperature": temperature}
    found = with_teacher(torch.tensor(2.0), torch.tensor(student), torch.tensor(teacher), **options)
    expected = slow(2.0, student.tolist(), teacher.tolist(), weight, temperature)
    assert found.item() == pytest.approx(expected, rel=1e-6)


def run_with(teacher, **changes):
    run = make_run(loss="distillation", max_shift=1, flip=True, **changes)
    object.__setattr__(run, "teacher", teacher)
    return run


def test_each_example_follows_its_own_teacher():
    labels = make_run().train.labels
    teacher = torch.nn.functional.one_hot((labels + 1) % 3, 3).float() * 50  # another class
    options = {"weight": 1.0, "temperature": 1.0}
    run = run_with(teacher, loss_options=options, epochs=12)
    trained = train(run)
    with torch.no_grad():
        predicted = trained.model.eval()(run.train.batch(torch.arange(40))).argmax(1)
    assert (predicted == (labels + 1) % 3).float().mean() > 0.9


def test_a_teacher_without_weight_changes_nothing():
    plain = train(make_run(max_shift=1, flip=True))
    same = train(run_with(torch.zeros(40, 3), loss_options={"weight": 0.0}))
    assert torch.equal(weights(plain), weights(same))
