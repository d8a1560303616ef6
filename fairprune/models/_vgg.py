"""VGG for small images (Simonyan and Zisserman 2015), as the paper trains it.

3x3 convolutions without bias, each followed by batch norm and ReLU, in five blocks that end in
a 2x2 max pool; then one linear layer. The running statistics of the batch norms move by 0.01 per
step (PyTorch's ``momentum``, the weight of the new batch).

The five pools halve the image, rounding up, so that every image size works: a pool window at
the edge of an odd-sized map covers the pixels that exist. Images of 32 pixels leave one position,
as in the paper; the positions that larger images leave are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from fairprune.models._common import initialise

BATCH_NORM_MOMENTUM = 0.01
_MULTIPLES = (1, 2, 4, 8, 8)  # width of each block over that of the first


class VGG(nn.Module):
    """Feature blocks, global average pool and a linear ``head``.

    Parameters
    ----------
    depths : sequence of 5 ints
        Convolutions in each block.
    n_classes, in_channels : int
    width : int
        Channels of the first block; the others have 2, 4, 8 and 8 times as many.
    """

    def __init__(self, depths: Sequence[int], n_classes: int, in_channels: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for depth, multiple in zip(depths, _MULTIPLES, strict=True):
            for _ in range(depth):
                layers += convolution(in_channels, width * multiple)
                in_channels = width * multiple
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(in_channels, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.head(self.pool(self.features(images)).flatten(1))


def convolution(in_channels: int, out_channels: int) -> list[nn.Module]:
    """3x3 convolution, batch norm and ReLU."""
    return [
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels, momentum=BATCH_NORM_MOMENTUM),
        nn.ReLU(inplace=True),
    ]


def build_vgg(depths: Sequence[int], n_classes: int, in_channels: int, width: int) -> VGG:
    """Initialised VGG with ``depths`` convolutions per block."""
    return initialise(VGG(depths, n_classes, in_channels, width))
