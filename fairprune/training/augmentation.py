"""Stronger augmentation than shifts and flips, as in torchvision.

Random resized crops (Szegedy et al. 2015), usual on ImageNet, show a part of an image at the size
of the whole. RandAugment (Cubuk et al. 2020) changes an image by ``num_ops`` operations of a common
``magnitude``. Random erasing (Zhong et al. 2020) blackens a rectangle with a given probability;
with squares it is Cutout (DeVries and Taylor 2017).

They apply in this order to uint8 images, after shifts and flips. Each image has its own draws from
torch's default generator, which the training loop seeds. Crops are made for a batch at once, on its
device; the other two go image by image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from fairprune.training.settings import Settings

Augment = Callable[[Tensor], Tensor]
RATIOS = (3 / 4, 4 / 3)  # width over height of a crop, as torchvision's by default
_TRIES = 10


def augmentation(settings: Settings) -> Augment | None:
    """Function that augments images (B, H, W, C), uint8, by the settings; None if not needed."""
    steps: list[Augment] = []
    if settings.random_resized_crop:
        steps.append(partial(_cropped, smallest=settings.random_resized_crop))
    if settings.rand_augment or settings.erasing:
        steps.append(_one_by_one(settings))
    if not steps:
        return None

    def augmented(images: Tensor) -> Tensor:
        for step in steps:
            images = step(images)
        return images

    return augmented


def _cropped(images: Tensor, smallest: float) -> Tensor:
    n, height, width, _ = images.shape
    return resized(images, draw_boxes(n, height, width, smallest))


def _one_by_one(settings: Settings) -> Augment:
    """RandAugment and random erasing, image by image, since torchvision draws once per call."""
    from torchvision import transforms

    steps: list[Augment] = []
    if settings.rand_augment:
        steps.append(transforms.RandAugment(**settings.rand_augment))
    if settings.erasing:
        steps.append(transforms.RandomErasing(settings.erasing))
    change = transforms.Compose(steps)

    def changed(images: Tensor) -> Tensor:
        each = torch.stack([change(image) for image in images.permute(0, 3, 1, 2)])
        return each.permute(0, 2, 3, 1).contiguous()  # (B, H, W, C)

    return changed


def draw_boxes(n: int, height: int, width: int, smallest: float) -> Tensor:
    """Draw a part of each of n images, as torchvision's ``RandomResizedCrop`` does.

    The part's share of the image's area is uniform from ``smallest`` to 1. The logarithm of its
    width over height is uniform between those of :data:`RATIOS`. The first of ten draws that fits
    into the image counts; if none fits, the largest centred part within the ratios is taken.

    Returns
    -------
    Tensor of shape (n, 4), int64
        Top, left, height and width, in pixels.
    """
    area = height * width * torch.empty(_TRIES, n).uniform_(smallest, 1)
    ratio = torch.empty(_TRIES, n).uniform_(*map(math.log, RATIOS)).exp()
    sizes = torch.stack([(area / ratio).sqrt(), (area * ratio).sqrt()]).round().long()
    whole = torch.tensor([height, width])
    fits = ((sizes > 0) & (sizes <= whole[:, None, None])).all(0)  # (tries, n)

    largest = torch.tensor(
        [min(height, round(width / RATIOS[0])), min(width, round(height * RATIOS[1]))]
    )
    has_fit = fits.any(0)[:, None]
    chosen = sizes[:, fits.int().argmax(0), torch.arange(n)].T  # (n, 2): of the first that fits
    size = torch.where(has_fit, chosen, largest)
    free = whole - size
    start = torch.where(has_fit, (torch.rand(n, 2) * (free + 1)).long(), free // 2)
    return torch.cat([start, size], dim=1)


def resized(images: Tensor, boxes: Tensor) -> Tensor:
    """Resize parts of images bilinearly to the size of the whole, without a loop over images.

    A part is no larger than its image, so there is nothing to antialias.

    Parameters
    ----------
    images : Tensor of shape (B, H, W, C), uint8
    boxes : Tensor of shape (B, 4)
        See :func:`draw_boxes`.

    Returns
    -------
    Tensor of shape (B, H, W, C), uint8
    """
    _, height, width, _ = images.shape
    top, left, box_height, box_width = boxes.to(images.device).T
    rows = _spread(top, box_height, height)  # (B, H)
    columns = _spread(left, box_width, width)  # (B, W)
    x, y = torch.broadcast_tensors(columns[:, None, :], rows[:, :, None])
    pixels = images.permute(0, 3, 1, 2).float()  # (B, C, H, W)
    parts = torch.nn.functional.grid_sample(pixels, torch.stack([x, y], -1), align_corners=True)
    return parts.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()


def _spread(start: Tensor, size: Tensor, length: int) -> Tensor:
    """Evenly spaced positions (B, length) over parts of a side, clipped to end-pixel centres.

    In units of ``grid_sample``: -1 and 1 are the centres of the side's first and last pixel.
    """
    steps = (torch.arange(length, device=start.device) + 0.5) / length
    within = (steps * size[:, None] - 0.5).clamp(min=0).minimum(size[:, None] - 1)
    return (start[:, None] + within) * (2 / max(1, length - 1)) - 1
