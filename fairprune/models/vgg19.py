"""VGG-19 with batch norm: 16 convolutions and one linear layer; the paper's model for CIFAR-100."""

from __future__ import annotations

from fairprune._validation import Positive, checked
from fairprune.models._vgg import VGG, build_vgg

_DEPTHS = (2, 2, 4, 4, 4)


@checked
def build(
    n_classes: Positive, in_channels: Positive, image_size: Positive, *, width: Positive = 64
) -> VGG:
    """Untrained model.

    Parameters
    ----------
    image_size : int
        Pixels per side, any; 32 in the paper.
    width : int, default=64
        Channels of the first block; the last has 8 times as many.
    """
    return build_vgg(_DEPTHS, n_classes, in_channels, width)
