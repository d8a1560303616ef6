"""A convolutional network that trains in minutes, after the speed records on CIFAR-10.

A 2x2 convolution whitens the patches of the images; three blocks follow, each a 3x3 convolution,
a 2x2 max pool and another 3x3 convolution, with batch norm and GELU; then a global max pool and
one linear layer (Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", 2024, section 3;
after Page, "How to train your ResNet", 2018).

The filters of the first convolution are the principal axes of the 2x2 patches of training images,
each divided by the deviation along its axis, and their negatives. They are computed before the
first step and do not change; the bias is trained. The first filters of each 3x3 convolution start
as the identity. The other filters and the linear layer start as in the other models.

Deviations from Jordan's network: weights and running statistics of the batch norms are PyTorch's
(Jordan has no weights, and statistics that move by 0.4); the linear layer has a bias; its inputs
are scaled instead of its outputs; and the last pool takes any image size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from torch import Tensor, nn

from fairprune._validation import Positive, Range, checked
from fairprune.models._common import initialise

SMALLEST_IMAGE = 9  # pixels per side that leave one position after three pools
_PATCH = 2
_WHITENING_EPSILON = 5e-4  # added to the variances, of images of variance one (Jordan 2024)
_CHUNK = 250  # images whose patches are in memory at a time
_SCALE = 1 / 9  # of the features, so that initial logits have a suitable size (Jordan 2024)


class FastCNN(nn.Module):
    """Whitening convolution, three blocks, global max pool and a linear ``head``.

    Parameters
    ----------
    n_classes, in_channels : int
    widths : sequence of 3 ints
        Channels of the blocks.
    whitening : bool
        Whether :meth:`prepare` sets the filters of the first convolution; otherwise they are
        trained.
    """

    def __init__(
        self, n_classes: int, in_channels: int, widths: Sequence[int], whitening: bool
    ) -> None:
        super().__init__()
        n_filters = 2 * in_channels * _PATCH**2
        self.stem = nn.Conv2d(in_channels, n_filters, _PATCH)
        self.stem.weight.requires_grad_(not whitening)
        self.features = nn.Sequential(nn.GELU())
        for width in widths:
            self.features.extend(block(n_filters, width))
            n_filters = width
        self.pool = nn.AdaptiveMaxPool2d(1)
        self.head = nn.Linear(n_filters, n_classes)
        self._whitening = whitening

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        features = self.pool(self.features(self.stem(images))).flatten(1)
        return self.head(features * _SCALE)

    @torch.no_grad()
    def prepare(self, images: Tensor) -> None:
        """Set the filters of the first convolution from normalised training images (B, C, H, W)."""
        if self._whitening:
            self.stem.weight.copy_(whitening_filters(images))


def block(in_channels: int, out_channels: int) -> list[nn.Module]:
    """Convolution, max pool, convolution, with batch norms and GELU."""
    return [
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.GELU(),
    ]


def whitening_filters(images: Tensor) -> Tensor:
    """Filters that whiten the patches of images, and their negatives.

    With the second moments M = E[p p^T] of flattened patches p and M = V diag(l) V^T, filter i
    is V_i / sqrt(l_i + epsilon). The outputs have a mean square of one and are not correlated.

    Parameters
    ----------
    images : Tensor of shape (B, C, H, W)

    Returns
    -------
    Tensor of shape (2 * 4 C, C, 2, 2)
        In the order of ascending eigenvalues.
    """
    moments, n_patches = torch.zeros((), dtype=torch.float64, device=images.device), 0
    for chunk in images.split(_CHUNK):
        patches = nn.functional.unfold(chunk.double(), _PATCH)  # (B, 4 C, positions)
        patches = patches.transpose(0, 1).flatten(1)  # (4 C, B * positions)
        moments = moments + patches @ patches.T
        n_patches += patches.shape[1]
    variances, axes = torch.linalg.eigh(moments / n_patches)
    filters = (axes / (variances + _WHITENING_EPSILON).sqrt()).T  # one per row
    filters = filters.view(-1, images.shape[1], _PATCH, _PATCH)
    return torch.cat([filters, -filters]).to(images.dtype)


@checked
def build(
    n_classes: Positive,
    in_channels: Positive,
    image_size: Annotated[int, Range(SMALLEST_IMAGE)],
    *,
    widths: tuple[Positive, Positive, Positive] = (64, 128, 256),
    whitening: bool = True,
) -> FastCNN:
    """Untrained model.

    Parameters
    ----------
    image_size : int
        Pixels per side, at least 9.
    widths : sequence of 3 ints, default=(64, 128, 256)
        Channels of the three blocks.
    whitening : bool, default=True
        Whether the first convolution whitens the training images; otherwise it is trained.
    """
    model = initialise(FastCNN(n_classes, in_channels, widths, whitening))
    for layer in model.features:
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight.data[: layer.in_channels])
    return model
