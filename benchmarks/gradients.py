"""GraNd: norms of the gradients of single examples with respect to all parameters of VGG-16."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from benchmarks._measure import Bench, Goal, Row, Side
from fairprune.algorithms.gradients import functional
from fairprune.algorithms.gradients.norms import GradientNorms, error_directions
from fairprune.models import vgg16
from fairprune.training.precision import exact_products
from tests.reference.grand import gradient_norms

_CLASSES = 10


def rows(bench: Bench) -> Iterator[Row]:
    """Compare with a training step of the same model and with other ways to the same norms."""
    batch, few, width = bench.size((128, 8, 64), (4, 2, 4))
    for device in bench.devices:
        torch.manual_seed(0)
        model = vgg16.build(_CLASSES, 3, 32, width=width).to(device).eval()
        images = torch.randn(batch, 3, 32, 32, device=device)
        labels = torch.randint(_CLASSES, (batch,), device=device)
        norms = GradientNorms(model)
        with exact_products():
            yield from bench.compare(
                f"GraNd, VGG-16, 32x32, batch {batch}",
                Side("ours", lambda n=norms, data=(images, labels): n(*data), units=batch),
                Side(
                    "training step",
                    _training_step(model, images, labels),
                    units=batch,
                    goal=Goal("ratio", at_most=1.5),
                ),
                *_formed(model, images[:few], labels[:few]),
                unit="image",
                precision="float32",
                device=device,
            )


def _training_step(model: nn.Module, images: Tensor, labels: Tensor) -> Callable[[], None]:
    """A plain step: forward, backward and update."""
    trained = vgg16.build(_CLASSES, 3, 32, width=model.head.in_features // 8).to(images.device)
    trained.load_state_dict(model.state_dict())
    trained = trained.to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.SGD(trained.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images = images.to(memory_format=torch.channels_last)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(trained(images), labels).backward()
        optimizer.step()

    return step


def _formed(model: nn.Module, images: Tensor, labels: Tensor) -> Iterator[Side]:
    """Ways that form the gradient of each image, on a few images."""
    note = f"reference on {len(images)} images"
    names = [name for name, _ in model.named_parameters()]
    with torch.no_grad():
        _, directions = error_directions(model(images), labels)
    yield Side(
        "one image at a time",
        lambda: gradient_norms(model, images, labels, dtype=torch.float32),
        units=len(images),
        note=note,
    )
    yield Side(
        "torch.func",
        lambda: functional.squared_norms(model, names, images, directions),
        units=len(images),
        note=note,
    )
    yield _opacus(model, images, labels, note)


def _opacus(model: nn.Module, images: Tensor, labels: Tensor, note: str) -> Side:
    """Opacus's per-example gradients; batch norms, which it refuses, are frozen and left out."""
    if find_spec("opacus") is None:
        return Side.missing("opacus")
    from opacus import GradSampleModule

    width = model.head.in_features // 8
    plain = vgg16.build(_CLASSES, 3, 32, width=width).to(images.device)
    plain.load_state_dict(model.state_dict())
    for layer in plain.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eval().requires_grad_(False)
    sampled = GradSampleModule(plain, strict=False, loss_reduction="sum")
    trained = [p for p in sampled.parameters() if p.requires_grad]

    def norms() -> Tensor:
        sampled.zero_grad(set_to_none=True)
        with warnings.catch_warnings(action="ignore"):  # from its hooks on the first layer
            nn.functional.cross_entropy(sampled(images), labels, reduction="sum").backward()
        squares = [p.grad_sample.flatten(1).square().sum(1) for p in trained]
        return torch.stack(squares).sum(0).sqrt()

    return Side("opacus", norms, units=len(images), note=f"{note}, without batch norms")
