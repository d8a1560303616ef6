"""Images on the device: selection, augmentation and normalisation, a batch at a time.

The whole data set stays on the device as uint8 if it fits, and in (memory-mapped) host memory
otherwise. A batch is cut out of it by one gather that selects, shifts and flips.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from fairprune.storage.canonical import chunks

_RESIDENT_SHARE = 0.5  # of the free device memory that the images may take


class Shifts(NamedTuple):
    """Random shifts and flips of N images: the paper's augmentation (appendix A).

    Attributes
    ----------
    rows, columns : Tensor of shape (N,), int64
        Offset of the window in the padded image, 0 .. 2 * max_shift.
    flip : Tensor of shape (N,), bool
        Whether the image is mirrored horizontally.
    """

    rows: Tensor
    columns: Tensor
    flip: Tensor

    @classmethod
    def draw(cls, n: int, max_shift: int, flip: bool, generator: torch.Generator) -> Shifts:
        """Independent uniform shifts in each direction, and flips with probability 1/2."""
        offsets = torch.randint(0, 2 * max_shift + 1, (2, n), generator=generator)
        coin = torch.randint(0, 2, (n,), generator=generator, dtype=torch.bool)
        return cls(offsets[0], offsets[1], coin if flip else torch.zeros_like(coin))


class ImageSet:
    """Labelled images that give normalised float batches on a device.

    Parameters
    ----------
    images : ndarray of shape (N, H, W, C), uint8
        May be memory-mapped.
    labels : ndarray of shape (N,), int
    mean, std : sequences of C floats
        Per channel, in units of [0, 1] images.
    device : torch device or str
    max_shift : int
        Largest shift in pixels that :meth:`batch` will be asked for; what a shift uncovers is
        black, as in torchvision's ``RandomCrop(padding=...)``.
    rows : ndarray of shape (n,), int64, optional
        The images that belong to the set, in its order; all by default. If they do not fit on the
        device they stay where they are, so a part of a large memory-mapped array is not copied.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        mean: Sequence[float],
        std: Sequence[float],
        device: torch.device | str,
        max_shift: int = 0,
        rows: np.ndarray | None = None,
    ) -> None:
        self.labels = torch.as_tensor(np.asarray(labels, dtype=np.int64)).to(device)
        self.device = self.labels.device  # with its number, as all that lies there has
        self.max_shift = max_shift
        self.height, self.width = images.shape[1:3]
        self._rows = None if rows is None else torch.as_tensor(rows)
        self._images = self._place(images)
        pixels = self.height * self.width  # the constants of a whole image: long inner loops
        self._mean = (torch.tensor(mean, dtype=torch.float32) * 255).repeat(pixels).to(self.device)
        scale = 1 / (torch.tensor(std, dtype=torch.float32) * 255)
        self._scale = scale.repeat(pixels).to(self.device)

    def __len__(self) -> int:
        return len(self.labels)

    def _place(self, images: np.ndarray) -> Tensor:
        """Padded copy on the device, or the unpadded host array if that would not fit."""
        shift, rows = self.max_shift, self._rows
        _, height, width, channels = images.shape
        shape = (len(self), height + 2 * shift, width + 2 * shift, channels)
        if self.device.type == "cpu" and (rows is not None or not shift):
            return _shared(images)
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
            if math.prod(shape) > _RESIDENT_SHARE * free:
                return _shared(images)
        self._rows = None
        stored = torch.zeros(shape, dtype=torch.uint8, device=self.device)
        inner = stored[:, shift : shift + height, shift : shift + width]
        start = 0
        for chunk in chunks(images, None if rows is None else rows.numpy()):
            inner[start : start + len(chunk)] = _shared(chunk)
            start += len(chunk)
        return stored

    def batch(self, index: Tensor, shifts: Shifts | None = None) -> Tensor:
        """Normalised images of shape (B, C, H, W), float32, channels last in memory.

        ``shifts`` holds the augmentation of exactly these B images.
        """
        return self._normalise(self._gather(index.to(self._images.device), shifts))

    def batches(
        self,
        order: Tensor,
        sizes: Sequence[int],
        shifts: Shifts | None = None,
        augment: Callable[[Tensor], Tensor] | None = None,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Cut ``order`` into batches of ``sizes`` and yield pairs (index, images) on the device.

        ``shifts`` is in the order of ``order``; ``augment`` changes images (B, H, W, C), uint8.
        Images in host memory are gathered into pinned memory one batch ahead of their use, and
        copied without waiting.
        """
        home = self._images.device
        index = order.to(self.device)
        order = order.to(home)
        if shifts is not None:
            shifts = Shifts(*(field.to(home) for field in shifts))
        starts = np.cumsum([0, *sizes])
        slices = [slice(a, b) for a, b in pairwise(starts)]

        def finished(images: Tensor) -> Tensor:
            return self._normalise(images if augment is None else augment(images))

        def gather(batch: slice) -> Tensor:
            shifts_of_batch = shifts and Shifts(*(field[batch] for field in shifts))
            gathered = self._gather(order[batch], shifts_of_batch)
            return gathered if home == self.device else gathered.pin_memory()

        if home == self.device:
            for batch in slices:
                yield index[batch], finished(gather(batch))
            return
        with ThreadPoolExecutor(1) as pool:
            ahead = [pool.submit(gather, batch) for batch in slices[:2]]
            for position, batch in enumerate(slices):
                gathered = ahead.pop(0).result()
                if position + 2 < len(slices):
                    ahead.append(pool.submit(gather, slices[position + 2]))
                yield index[batch], finished(gathered)

    def _gather(self, index: Tensor, shifts: Shifts | None) -> Tensor:
        """uint8 images (B, H, W, C) where they are stored."""
        pad = (self._images.shape[1] - self.height) // 2
        if self._rows is not None:
            index = self._rows[index]
        if shifts is None:
            chosen = self._images[index]
            return chosen[:, pad : pad + self.height, pad : pad + self.width]
        source, picked = self._images, index
        if pad != self.max_shift:  # stored unpadded: pad this batch only
            shift = self.max_shift
            source = torch.nn.functional.pad(source[index], (0, 0, shift, shift, shift, shift))
            picked = torch.arange(len(index), device=index.device)
        windows = _windows(source, self.height, self.width)
        chosen = windows[picked, shifts.rows, shifts.columns]  # (B, H, W, C)
        return torch.where(shifts.flip[:, None, None, None], chosen.flip(2), chosen)

    def _normalise(self, images: Tensor) -> Tensor:
        floats = images.to(self.device, non_blocking=True).float()  # (B, H, W, C)
        floats.view(len(floats), -1).sub_(self._mean).mul_(self._scale)
        return floats.permute(0, 3, 1, 2)


def _windows(images: Tensor, height: int, width: int) -> Tensor:
    """All windows of padded images (N, H', W', C): a view (N, H'-H+1, W'-W+1, H, W, C)."""
    n, padded_height, padded_width, channels = images.shape
    by_image, by_row, by_column, by_channel = images.stride()
    return images.as_strided(
        (n, padded_height - height + 1, padded_width - width + 1, height, width, channels),
        (by_image, by_row, by_column, by_row, by_column, by_channel),
    )


def _shared(images: np.ndarray) -> Tensor:
    """A tensor that shares the memory of an array; nothing here writes to it.

    The array may be read-only: a writable memory map, even a private one, would have to fit into
    memory and swap.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.asarray(images))


def placed(model: nn.Module, device: torch.device | str) -> nn.Module:
    """The model on a device, its weights channels last in memory like the images.

    PyTorch refuses this layout for a model with weights of five dimensions; they stay as they are.
    """
    model.to(device)
    if all(weights.ndim < 5 for weights in model.state_dict().values()):
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def batch_sizes(n: int, batch_size: int) -> list[int]:
    """Sizes of the batches that n examples make.

    A last batch of one example is merged into the one before: batch statistics need two values.

    Examples
    --------
    >>> batch_sizes(10, 4), batch_sizes(9, 4)
    ([4, 4, 2], [4, 5])
    """
    sizes = [batch_size] * (n // batch_size)
    rest = n % batch_size
    if rest == 1 and sizes:
        sizes[-1] += 1
    elif rest:
        sizes.append(rest)
    return sizes


def in_order(images: ImageSet, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """All images in batches, without augmentation: pairs (index, images) on the device."""
    order = torch.arange(len(images), device=images.device)
    return images.batches(order, batch_sizes(len(images), batch_size))


def spread(n: int, n_chosen: int) -> Tensor:
    """At most ``n_chosen`` of the numbers below ``n``, evenly spread, ascending."""
    n_chosen = min(n, n_chosen)
    return torch.arange(n_chosen) * n // n_chosen
