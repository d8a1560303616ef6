"""ResNet-18 for small images (He et al. 2016), the paper's model for TinyImageNet.

A 3x3 stride-1 stem without a max pool, four stages of two residual blocks with 64, 128, 256 and
512 channels, global average pool and one linear layer. Stages after the first start with stride
2, where the shortcut is a strided 1x1 convolution with batch norm. No convolution has a bias.
"""

from __future__ import annotations

from torch import Tensor, nn

from fairprune._validation import Positive, checked
from fairprune.models._common import initialise

_MULTIPLES = (1, 2, 4, 8)  # width of each stage over that of the first


class Block(nn.Module):
    """Residual block: two 3x3 convolutions and a shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            # Stride and 1x1 convolution are separate: combined, their weight gradient writes past
            # its buffer for fewer than 16 channels in the CPU library of torch 2.12 (oneDNN).
            self.shortcut.append(nn.AvgPool2d(1, stride))
            self.shortcut.append(nn.Conv2d(in_channels, out_channels, 1, bias=False))
            self.shortcut.append(nn.BatchNorm2d(out_channels))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        """Map features (B, C, H, W) to the block's width and resolution."""
        return self.activation(self.residual(features) + self.shortcut(features))


class ResNet18(nn.Module):
    """Stem, four stages, global average pool and a linear ``head``."""

    def __init__(self, n_classes: int, in_channels: int, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.stages = nn.Sequential()
        channels = width
        for multiple in _MULTIPLES:
            stride = 1 if multiple == 1 else 2
            self.stages.append(Block(channels, width * multiple, stride))
            channels = width * multiple
            self.stages.append(Block(channels, channels, 1))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(channels, n_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.head(self.pool(self.stages(self.stem(images))).flatten(1))


@checked
def build(
    n_classes: Positive, in_channels: Positive, image_size: Positive, *, width: Positive = 64
) -> ResNet18:
    """Untrained model.

    Parameters
    ----------
    image_size : int
        Pixels per side, any; 64 in the paper.
    width : int, default=64
        Channels of the first stage; the last has 8 times as many.
    """
    return initialise(ResNet18(n_classes, in_channels, width))
