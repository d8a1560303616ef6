"""Training of VGG-16 on 32x32 images: steps, epochs, what is recorded, and loading images."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from benchmarks import _concurrent
from benchmarks._measure import Bench, Goal, Row, Side
from benchmarks._study_size import images_seen
from fairprune._processor import has_bfloat16
from fairprune.models import resnet18, vgg16, vgg19
from fairprune.study.schedule import Schedule
from fairprune.training.evaluation import observe
from fairprune.training.images import ImageSet, Shifts, batch_sizes
from fairprune.training.loop import start, train_epoch
from fairprune.training.run import Run
from fairprune.training.settings import Settings
from tests.reference.loader import loader

_BATCH, _CLASSES, _SHIFT = 128, 10, 4
_MEAN, _STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
_FLIPS = {"max_shift": _SHIFT, "flip": True}
_PLAIN = {"max_shift": 0, "flip": False}

# The paper's pairs: model, pixels, classes, batch.
_PAIRS = {
    "cifar10": ("VGG-16, CIFAR-10", vgg16, 32, 10, 128),
    "cifar100": ("VGG-19, CIFAR-100", vgg19, 32, 100, 128),
    "tinyimagenet": ("ResNet-18, TinyImageNet", resnet18, 64, 200, 256),
}


def rows(bench: Bench) -> Iterator[Row]:
    """All costs per image; on a GPU also concurrent runs and the whole study."""
    for device in bench.devices:
        yield from _steps(bench, device)
        yield from _epochs(bench, device)
        yield from _records(bench, device)
        yield from _loading(bench, device)
        if device == "cuda":
            yield from _runs_at_once(bench)
            yield from _study(bench)


def _steps(bench: Bench, device: str) -> Iterator[Row]:
    """One step on one batch, compared with the arithmetic limit and with float32."""
    size = bench.size(_BATCH, 4)
    steps = {p: _bare_step(bench, device, p, size) for p in _precisions(device)}
    work = f"training step, VGG-16, 32x32, batch {size}"
    common = {"unit": "image", "device": device, "flop": step_flop(_model(bench)) * size}
    limit = Goal("limit_share", at_least=0.7)
    ours = Side("ours", steps["float32"], units=size, goal=limit)
    yield from bench.compare(work, ours, precision="float32", **common)
    if "bfloat16" not in steps:
        return
    single = Side("float32", steps["float32"], units=size, goal=Goal("ratio", at_most=1 / 1.5))
    ours = Side("ours", steps["bfloat16"], units=size)
    yield from bench.compare(work, ours, single, precision="bfloat16", **common)


def _precisions(device: str) -> tuple[str, ...]:
    """Precisions of the device; a step in emulated bfloat16 would take 13 times as long."""
    return ("float32", "bfloat16") if device == "cuda" or has_bfloat16() else ("float32",)


def _epochs(bench: Bench, device: str) -> Iterator[Row]:
    """An epoch as final models train, compared with its bare steps on one batch."""
    n, size = bench.size((5 * _BATCH, _BATCH), (12, 4))
    for precision in _precisions(device):
        step = _bare_step(bench, device, precision, size)
        yield from bench.compare(
            f"epoch with shuffling and augmentation, VGG-16, {n} images",
            Side("ours", _epoch(bench, device, n, precision=precision, **_FLIPS), units=n),
            Side(
                "bare steps",
                lambda step=step: [step() for _ in range(n // size)],
                units=n,
                goal=Goal("ratio", at_most=1.05),
            ),
            unit="image",
            precision=precision,
            device=device,
        )


def _records(bench: Bench, device: str) -> Iterator[Row]:
    """The two views of a query's record, each compared with the same work without a record."""
    n = bench.size(5 * _BATCH, 12)
    plain = _epoch(bench, device, n, **_PLAIN)
    goal = Goal("ratio", at_most=1.05)
    yield from bench.compare(
        f"epoch that records its minibatches, VGG-16, {n} images",
        Side("ours", _epoch(bench, device, n, record=("train",), **_PLAIN), units=n),
        Side("epoch without record", plain, units=n, goal=goal),
        unit="image",
        precision="float32",
        device=device,
    )
    model = _model(bench).to(device).to(memory_format=torch.channels_last).eval()
    images = _image_set(n, device)
    size = bench.size(_BATCH, 4)
    batch = images.batch(torch.arange(size))

    def forward() -> None:
        with torch.no_grad():
            for _ in range(n // size):
                model(batch)

    yield from bench.compare(
        f"record in eval mode (EL2N), VGG-16, {n} images",
        Side("ours", lambda: observe(model, images), units=n),
        Side(f"bare forward passes, batch {size}", forward, units=n, goal=goal),
        unit="image",
        precision="float32",
        device=device,
    )


def _loading(bench: Bench, device: str) -> Iterator[Row]:
    """Shuffled, shifted, flipped and normalised batches, without a model."""
    n, size = bench.size((50 * _BATCH, _BATCH), (12, 4))
    images, labels = _pixels(n)
    data = ImageSet(images, labels, _MEAN, _STD, device, _SHIFT)
    usual = loader(images, labels, _MEAN, _STD, _SHIFT, size)

    def ours() -> None:
        generator = torch.Generator().manual_seed(0)
        order = torch.randperm(n, generator=generator)
        shifts = Shifts.draw(n, _SHIFT, True, generator)
        for index, _ in data.batches(order, batch_sizes(n, size), shifts):
            data.labels[index]

    def theirs() -> None:
        for batch, classes in usual:
            batch.to(device), classes.to(device)

    yield from bench.compare(
        f"augmented batches of {n:,} images, 32x32x3",
        Side("ours", ours, units=n),
        Side("DataLoader, torchvision on PIL images", theirs, units=n),
        unit="image",
        precision="float32",
        device=device,
    )


def _runs_at_once(bench: Bench) -> Iterator[Row]:
    """Epochs of several processes on one GPU, each with its own run."""
    n, epochs = bench.size((50_000, 4), (64, 1))
    for n_runs in bench.size((1, 2, 4, 8), (1, 2)):
        trained = n_runs * epochs
        ours = Side(
            "ours",
            lambda n_runs=n_runs: _concurrent.elapsed(_runs_epochs, n_runs, n, epochs, bench.quick),
            units=trained,
            goal=Goal("limit_share", at_least=0.35),
            note="value: images a second of all runs",
        )
        (row,) = bench.compare(
            f"{n_runs} runs at once, VGG-16, {n:,} images",
            ours,
            unit="epoch",
            precision="bfloat16",
            device="cuda",
            flop=step_flop(_model(bench)) * n * trained,
            warm_up=False,
        )
        yield dataclasses.replace(row, value=n / row.time_s)


def _runs_epochs(n: int, epochs: int, quick: bool) -> Callable[[], None]:
    """The work of one of several processes: warm up now, and run the epochs when called."""
    bench = Bench("training", repeats=1, threads=1, quick=quick)
    epoch = _epoch(bench, "cuda", n, precision="bfloat16", **_FLIPS)
    epoch()
    return lambda: [epoch() for _ in range(epochs)]


def _study(bench: Bench) -> Iterator[Row]:
    """GPU-hours of the paper's study per pair, from one epoch of each, one run at a time."""
    n = bench.size(10_000, 64)
    for dataset, seen in images_seen().items():
        name, module, pixels, classes, batch_size = _PAIRS[dataset]
        data = ImageSet(*_pixels(n, pixels, classes), _MEAN, _STD, "cuda", _SHIFT)
        settings = _settings(batch_size, precision="bfloat16", **_FLIPS)
        model = lambda m=module, k=classes, p=pixels: m.build(k, 3, p)  # noqa: E731
        epoch = _epoch_of(_run(model, data, settings, classes))
        note = "value: GPU-hours of all its trainings in the study"
        (row,) = bench.compare(
            f"epoch of {n:,} images, {name}",
            Side("ours", epoch, units=n, note=note),
            unit="image",
            precision="bfloat16",
            device="cuda",
        )
        yield dataclasses.replace(row, value=row.time_s * seen / 3600)


def _model(bench: Bench) -> nn.Module:
    return vgg16.build(_CLASSES, 3, 32, width=bench.size(64, 4))


def _bare_step(bench: Bench, device: str, precision: str, size: int) -> Callable[[], object]:
    """A step on one batch that is already on the device."""
    images, labels = _image_set(size, device), torch.arange(size, device=device) % _CLASSES
    settings = _settings(size, precision=precision, **_PLAIN)
    state = start(_run(lambda: _model(bench), images, settings))
    batch, step = images.batch(torch.arange(size)), state.step
    state.model.train()
    return lambda: step(batch, labels, None)


def _epoch(bench: Bench, device: str, n: int, **changes: object) -> Callable[[], None]:
    """A call that trains a run for one more epoch."""
    settings = _settings(bench.size(_BATCH, 4), **changes)
    images = _image_set(n, device, settings.max_shift)
    return _epoch_of(_run(lambda: _model(bench), images, settings))


def _epoch_of(run: Run) -> Callable[[], None]:
    state = start(run)
    return lambda: train_epoch(run, state)


def _run(
    build: Callable[[], nn.Module], images: ImageSet, settings: Settings, classes: int = _CLASSES
) -> Run:
    schedule = Schedule(1_000_000, ())
    return Run("benchmark", ("benchmark",), build, classes, images, None, schedule, settings)


def _settings(batch_size: int, **changes: object) -> Settings:
    return Settings(batch_size, learning_rate=0.01, weight_decay=1e-4, **changes)


def _image_set(n: int, device: str, max_shift: int = 0) -> ImageSet:
    return ImageSet(*_pixels(n), _MEAN, _STD, device, max_shift)


def _pixels(n: int, size: int = 32, classes: int = _CLASSES) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (n, size, size, 3), dtype=np.uint8), np.arange(n) % classes


def step_flop(model: nn.Module) -> float:
    """Operations of a step per 32x32 image: forward, and twice as many backward.

    The first layer needs no gradient of its input.
    """
    counts: list[float] = []

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        counts.append(2.0 * layer.weight[0].numel() * output[0].numel())

    layers = [m for m in model.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, 32, 32))
    for hook in hooks:
        hook.remove()
    return 3 * sum(counts) - counts[0]
