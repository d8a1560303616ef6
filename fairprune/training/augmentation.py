"""Stronger augmentation than shifts and flips, as torchvision has it.

RandAugment (Cubuk et al. 2020) changes an image by ``num_ops`` operations of a common
``magnitude``; random erasing (Zhong et al. 2020), which with squares is Cutout (DeVries and Taylor
2017), blackens a rectangle with a probability. Both work on uint8 images after shifts and flips,
each image by its own draws from torch's default generator, which the training loop seeds.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from fairprune.training.settings import Settings

Augment = Callable[[Tensor], Tensor]


def augmentation(settings: Settings) -> Augment | None:
    """What the settings ask for, as a function of images (B, H, W, C), uint8; None if nothing."""
    if not settings.rand_augment and not settings.erasing:
        return None
    from torchvision import transforms

    steps: list[Augment] = []
    if settings.rand_augment:
        steps.append(transforms.RandAugment(**settings.rand_augment))
    if settings.erasing:
        steps.append(transforms.RandomErasing(settings.erasing))
    change = transforms.Compose(steps)

    def augmented(images: Tensor) -> Tensor:
        changed = torch.stack([change(image) for image in images.permute(0, 3, 1, 2)])
        return changed.permute(0, 2, 3, 1).contiguous()  # (B, H, W, C)

    return augmented
