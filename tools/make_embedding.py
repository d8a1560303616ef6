"""Write a self-supervised embedding of a data set, for scores with ``embeddings: FILE``.

For studies without a pretrained model at hand: `fast_cnn` learns by how many right angles an
image is turned, and never sees a class (RotNet: Gidaris, Singh and Komodakis, "Unsupervised
representation learning by predicting image rotations", ICLR 2018). Run both commands from the root
of the project; the first makes the data:

    snakemake -c 1 results/data/cifar10/examples.parquet --configfile config/cifar10_small.yaml
    python tools/make_embedding.py results/data/cifar10 data/cifar10_rotation.npz
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import torch
from torch.nn import functional

from fairprune.models.fast_cnn import FastCNN, build
from fairprune.storage.examples import read_examples

EPOCHS, BATCH, SEED = 10, 250, 0
WIDTHS = (32, 128, 128)  # of config/newer_methods.yaml
PEAK_RATE, MOMENTUM, WEIGHT_DECAY = 0.5, 0.85, 0.0018  # of config/cifar_fast.yaml


def main(dataset: str, out: str) -> None:
    """Train on the training images of a folder in `results/data`, and write embeddings by id."""
    examples = read_examples(Path(dataset) / "examples.parquet")
    ids = examples.filter(pc.equal(examples["split"], "train"))["id"].to_numpy().astype(str)
    images = normalised(np.load(Path(dataset) / "train.npy", mmap_mode="r"))

    torch.manual_seed(SEED)
    model = build(4, in_channels=images.shape[1], image_size=images.shape[2], widths=WIDTHS)
    model.prepare(images[:5000])
    train(model, images)

    Path(out).parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, id=ids, embedding=embedded(model, images))


def normalised(images: np.ndarray) -> torch.Tensor:
    """Images (N, C, H, W), float32, with mean 0 and variance 1 in each channel."""
    batch = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2).float()
    variance, mean = torch.var_mean(batch, dim=(0, 2, 3), keepdim=True)
    return batch.sub_(mean).div_(variance.sqrt())


def train(model: FastCNN, images: torch.Tensor) -> None:
    """Train the model to predict the turns of images, drawn anew in every epoch."""
    steps = EPOCHS * (len(images) // BATCH)
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.SGD(
        weights, lr=PEAK_RATE, momentum=MOMENTUM, nesterov=True, weight_decay=WEIGHT_DECAY
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, PEAK_RATE, total_steps=steps, pct_start=0.2, anneal_strategy="linear",
        cycle_momentum=False,
    )  # fmt: skip

    for epoch in range(EPOCHS):
        n_correct = 0
        for batch in torch.randperm(len(images)).split(BATCH)[: len(images) // BATCH]:
            turns = torch.randint(4, (len(batch),))
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(turned(images[batch], turns)).float()
            functional.cross_entropy(logits, turns).backward()
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            n_correct += int((logits.argmax(1) == turns).sum())
        print(f"epoch {epoch + 1}/{EPOCHS}, rotations right {n_correct / len(images):.1%}")


def turned(images: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """Images (B, C, H, W), each turned by its number of right angles."""
    result = torch.empty_like(images)
    for k in range(4):
        result[turns == k] = torch.rot90(images[turns == k], k, dims=(2, 3))
    return result


@torch.no_grad()
def embedded(model: FastCNN, images: torch.Tensor) -> np.ndarray:
    """Inputs of the last layer (N, D), float32, in eval mode."""
    model.eval()
    head, model.head = model.head, torch.nn.Identity()
    features = torch.cat([model(batch) for batch in images.split(BATCH)])
    model.head = head
    return features.numpy()


if __name__ == "__main__":
    main(*sys.argv[1:])
