"""A small convolutional network that a CPU core trains at thousands of images per second.

Three 3x3 stride-2 convolutions without bias, of 16, 32 and 64 channels, each followed by batch
norm and ReLU, then a global average pool and one linear layer. It is made for the demo and tests.
"""

from __future__ import annotations

from torch import Tensor, nn

from fairprune._validation import Positive, checked
from fairprune.models._common import initialise

_MULTIPLES = (1, 2, 4)  # width of each convolution over that of the first


class SmallCNN(nn.Module):
    """Three convolutions, global average pool and a linear ``head``."""

    def __init__(self, n_classes: int, in_channels: int, width: int) -> None:
        super().__init__()
        self.features = nn.Sequential()
        for multiple in _MULTIPLES:
            out_channels = width * multiple
            convolution = nn.Conv2d(in_channels, out_channels, 3, 2, padding=1, bias=False)
            self.features.extend([convolution, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)])
            in_channels = out_channels
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(in_channels, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.head(self.pool(self.features(images)).flatten(1))


@checked
def build(
    n_classes: Positive, in_channels: Positive, image_size: Positive, *, width: Positive = 16
) -> SmallCNN:
    """Untrained model.

    Parameters
    ----------
    image_size : int
        Pixels per side, any.
    width : int, default=16
        Channels of the first convolution; the others have 2 and 4 times as many.
    """
    return initialise(SmallCNN(n_classes, in_channels, width))
