"""Measure a training on all data: accuracy, time, operations, and share of the machine's peak.

The accuracy is that on validation and test images together. Run from the root of the project, on
cores that nothing else uses; the first command makes the data:

    snakemake -c 1 results/data/cifar10/examples.parquet --configfile config/cifar_fast.yaml
    PYTHONPATH=. python tools/measure_recipe.py config/cifar_fast.yaml cifar10_fast --epochs 12
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from make_comparison import resolved

from benchmarks import _limits
from benchmarks.training import step_flop
from fairprune.stages.inputs import Data
from fairprune.study.schedule import Schedule
from fairprune.training.evaluation import observe
from fairprune.training.loop import train
from fairprune.training.run import Run
from fairprune.training.settings import settings_from


def main() -> None:
    """Print one line per number of epochs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("configuration")
    parser.add_argument("experiment")
    parser.add_argument("--epochs", type=int, nargs="+", help="by default those of the experiment")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    experiment = resolved([options.configuration], options.experiment, n_seeds=1)
    folder = Path("results/data") / experiment.settings["dataset"]
    data, model = Data.open(folder, torch.device("cpu")), experiment.settings["model"]
    for epochs in options.epochs or [experiment.training["epochs"]]:
        training = experiment.training | {"epochs": epochs}
        print(measured(data, model, training, options.seed), flush=True)


def measured(data: Data, model: dict, training: dict, seed: int) -> str:
    """Train once and describe the result in a line."""
    settings = settings_from(training)
    images = data.images("train", max_shift=settings.max_shift)
    run = Run(
        title="recipe",
        names=("recipe", seed),
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=images,
        validation=None,
        schedule=Schedule.of(training),
        settings=settings,
    )
    before = flop_rate(settings.precision)
    start, cpu_start = time.perf_counter(), time.process_time()
    trained = train(run)
    time_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
    limit = max(before, flop_rate(settings.precision))

    splits = ("validation", "test")
    outputs = [
        observe(trained.model, data.images(s), mirrored=settings.flip_at_test) for s in splits
    ]
    correct = np.concatenate([output.correct.cpu().numpy() for output in outputs])
    flop = step_flop(data.build_model(model)) * len(images.labels) * training["epochs"]
    return (
        f"{training['epochs']} epochs: {correct.mean():.2%} of {len(correct):,} images, "
        f"{time_s:.0f} s, {cpu_s:.0f} s of CPU on {torch.get_num_threads()} threads, "
        f"{flop / 1e15:.3f} PFLOP, {flop / time_s / limit:.0%} of {limit / 1e9:.0f} GFLOP/s"
    )


def flop_rate(precision: str) -> float:
    """Operations per second, the best over ten large matrix products and ten convolutions."""
    best = 0.0
    for call, flop in _limits.arithmetic(precision, "cpu", quick=False):
        call()
        for _ in range(10):
            start = time.perf_counter()
            call()
            best = max(best, flop / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
