"""What a training can be told: settings of the step and the schedule, against plain PyTorch."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from fairprune.models import fast_cnn
from fairprune.seeds import seeded, torch_generator
from fairprune.study.schedule import Schedule
from fairprune.training import loop as training
from fairprune.training.evaluation import observe
from fairprune.training.loop import train
from fairprune.training.step import batch_loss
from tests.unit.training.test_loop import image_set, make_run, weights


def plain_training(run, share_of_rate, nesterov=False, label_smoothing=0.0):
    """Weights after a loop of ``torch.optim.SGD``; the learning rate is a function of the step."""
    with seeded(*run.names, "initialisation", device=torch.device("cpu")):
        model = run.build()
    given = run.settings
    optimizer = torch.optim.SGD(
        model.parameters(),
        given.learning_rate,
        momentum=given.momentum,
        weight_decay=given.weight_decay,
        nesterov=nesterov,
    )
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_rate)
    for epoch in range(1, run.schedule.epochs + 1):
        order = torch.randperm(40, generator=torch_generator(*run.names, "order", epoch))
        for part in order.split(given.batch_size):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(
                model(run.train.batch(part)),
                run.train.labels[part],
                label_smoothing=label_smoothing,
            )
            loss.backward()
            optimizer.step()
            scheduler.step()
    return torch.cat([p.flatten() for p in model.state_dict().values()])


@pytest.mark.parametrize("momentum", [0.9, 0.5])
@pytest.mark.parametrize("weight_decay", [0.01, 0.0])
def test_a_training_is_a_plain_loop_of_sgd(momentum, weight_decay):
    """Cross-entropy, momentum, weight decay and drops (paper, appendix A), in plain PyTorch."""
    schedule = Schedule(4, (2,), drop_factor=0.2)
    run = make_run(schedule=schedule, momentum=momentum, weight_decay=weight_decay)
    plain = plain_training(run, lambda step: 1 if step < 6 else 0.2)  # three steps an epoch
    torch.testing.assert_close(weights(train(run)), plain, rtol=1e-4, atol=1e-5)


def test_one_cycle_is_lambda_lr():
    """A triangle over all steps: torch's scheduler around a plain loop, last batches included."""
    cycle = Schedule(4, shape="one_cycle", warmup_share=0.25, final_share=0.1)
    run = make_run(schedule=cycle)

    def triangle(step):
        return np.interp((step + 0.5) / 12, [0, 0.25, 1], [0, 1, 0.1])

    plain = plain_training(run, triangle)
    torch.testing.assert_close(weights(train(run)), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_nesterov_and_label_smoothing_are_those_of_torch(label_smoothing):
    run = make_run(nesterov=True, label_smoothing=label_smoothing)
    plain = plain_training(
        run, lambda step: 1 if step < 6 else 0.2, nesterov=True, label_smoothing=label_smoothing
    )
    torch.testing.assert_close(weights(train(run)), plain, rtol=1e-4, atol=1e-5)
    assert not torch.equal(plain, weights(train(make_run())))


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_weighted_loss_is_the_weighted_mean(smoothing):
    logits, labels = torch.randn(5, 3), torch.tensor([0, 1, 2, 2, 1])
    w = torch.tensor([0.2, 0.0, 1.5])
    target = (1 - smoothing) * nn.functional.one_hot(labels, 3) + smoothing / 3
    expected = -(w * target * logits.log_softmax(1)).sum() / w[labels].sum()
    torch.testing.assert_close(batch_loss(logits, labels, w, smoothing), expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("others", [0.0, 1.5])
def test_a_batch_whose_labels_all_weigh_nothing_contributes_nothing(smoothing, others):
    logits = torch.randn(2, 3, requires_grad=True)
    loss = batch_loss(logits, torch.tensor([0, 0]), torch.tensor([0.0, others, 1]), smoothing)
    loss.backward()
    assert loss == 0
    assert not logits.grad.any()


def test_flipping_at_test_reaches_the_validation_and_not_the_record():
    flipped = train(make_run(flip_at_test=True, record=("last",), validation_interval=1))
    plain = train(make_run(record=("last",), validation_interval=1))
    assert torch.equal(weights(flipped), weights(plain))
    view = flipped.record.view("evaluation")
    assert np.array_equal(view.el2n, plain.record.view("evaluation").el2n)
    expected = observe(flipped.model, make_run().validation, mirrored=True)
    assert np.array_equal(flipped.validation[3], expected.correct.numpy())


def test_a_model_sees_training_images_before_its_first_step(monkeypatch):
    """The filters are those of the images, and a resumed training keeps them."""
    monkeypatch.setattr(training, "PREPARED_ON", 20)
    run = dataclasses.replace(
        make_run(schedule=Schedule(1), max_shift=1),
        build=lambda: fast_cnn.build(3, 1, 9, widths=(2, 4, 4)),
        train=image_set(side=9, max_shift=1),
        validation=None,
    )
    expected = fast_cnn.whitening_filters(run.train.batch(torch.arange(0, 40, 2)))
    state = training.start(run)
    torch.testing.assert_close(state.model.stem.weight, expected)
    assert torch.equal(train(run).model.stem.weight, state.model.stem.weight)


class Drawn(nn.Module):
    """Its weights are drawn when it has seen images."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 3)

    def prepare(self, images):
        nn.init.normal_(self.head.weight)

    def forward(self, images):
        return self.head(images.flatten(1))


def test_what_a_model_draws_from_images_depends_on_the_seed_alone():
    run = dataclasses.replace(make_run(), build=Drawn)
    first = training.start(run).model.head.weight
    torch.rand(7)
    assert torch.equal(first, training.start(run).model.head.weight)
    other = dataclasses.replace(run, names=("final", 1))
    before = torch.get_rng_state()
    assert not torch.equal(first, training.start(other).model.head.weight)
    assert torch.equal(before, torch.get_rng_state())


class Volumes(nn.Module):
    """A convolution over three dimensions, whose weights have five."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv3d(1, 2, 3, padding=1)
        self.head = nn.Linear(2, 3)

    def forward(self, images):
        return self.head(self.features(images[:, None]).mean((2, 3, 4)))


def test_a_model_may_have_weights_of_five_dimensions():
    start, *_, end = train(dataclasses.replace(make_run(epochs=4), build=Volumes)).curve
    assert end["loss"] < start["loss"]


def test_weights_lie_in_memory_as_the_images_do():
    model = training.start(dataclasses.replace(make_run(), build=lambda: nn.Conv2d(3, 4, 3))).model
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
