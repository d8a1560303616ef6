"""A fresh part of the training set in every epoch, within quotas of the classes.

The kept examples need not stay the same: RS2 (Okanovic et al., "Repeated Random Sampling for
Minimizing the Time-to-Accuracy of Learning", ICLR 2024) draws a new random part per epoch, and RCAP
("Robust Class-Aware Probabilistic Dynamic Dataset Pruning", UAI 2025) does so class by class, with
quotas that follow the model. An epoch costs as much as one on a pruned set, and training sees more
examples.

A class of N_k examples with quota n_k is drawn without replacement within a pass. A pass is a
permutation of the class, and each epoch takes its next n_k examples, so that no example comes twice
within the ``floor(N_k / n_k)`` epochs of a pass. The rest of the permutation is not used; every
pass has a new permutation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fairprune._alignment import check_same_order
from fairprune._validation import check_integer
from fairprune.library.pruning import class_quotas
from fairprune.seeds import numpy_generator
from fairprune.selection import members


def fresh_index(
    pools: Sequence[np.ndarray], quotas: Sequence[int], epoch: int, *stream: str | int
) -> np.ndarray:
    """The examples of an epoch.

    Parameters
    ----------
    pools : sequence of K ndarray of int64
        Examples of each class.
    quotas : sequence of K int
        Number of examples of each class, at most its size.
    epoch : int
        Counted from 0.
    *stream : str or int
        Names of the random stream (see :mod:`fairprune.seeds`).

    Returns
    -------
    ndarray of shape (n,), int64
        Ascending, of ``sum(quotas)`` examples.
    """
    parts = [np.empty(0, np.int64)]
    for k, (pool, quota) in enumerate(zip(pools, quotas, strict=True)):
        if quota:
            number, slot = divmod(epoch, len(pool) // quota)
            order = numpy_generator(*stream, k, number).permutation(pool)
            parts.append(order[slot * quota : (slot + 1) * quota])
    return np.sort(np.concatenate(parts))


class QuotaSampler:
    """Positions for a ``DataLoader``: a fresh draw per epoch, as many per class as its quota.

    ``DataLoader(dataset, batch_size, sampler=QuotaSampler(labels, density=0.3, recall=recall))``.
    An epoch is one iteration; ``set_epoch`` says which epoch comes next, to resume a training.
    The sampler itself does not need torch.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example: 0 to K - 1, or names.
    density : float
        Share of the training set in each epoch, in (0, 1].
    n_keep : int, optional
        Examples in each epoch, in place of the density.
    recall, quotas : array_like of shape (K,) or mapping, optional
        As in :func:`fairprune.prune`; without them, examples are drawn whatever their class.
    minimum_per_class : int, default=0
        As in :func:`fairprune.prune`.
    seed : int, default=0

    Examples
    --------
    >>> sampler = QuotaSampler([0, 0, 0, 0, 1, 1], quotas=[2, 1])
    >>> first, second = list(sampler), list(sampler)
    >>> sorted(first + second)
    [0, 1, 2, 3, 4, 5]
    """

    def __init__(
        self,
        labels: ArrayLike,
        density: float | None = None,
        *,
        n_keep: int | None = None,
        recall: ArrayLike | Mapping[Any, float] | None = None,
        quotas: ArrayLike | Mapping[Any, int] | None = None,
        minimum_per_class: int = 0,
        seed: int = 0,
    ) -> None:
        check_same_order(labels=labels)
        self.epoch = 0
        self._labels, self._density, self._n_keep = labels, density, n_keep
        self._seed = check_integer("seed", seed)
        self._minimum = minimum_per_class
        self._quotas: list[int] = []
        self._set(recall=recall, quotas=quotas, minimum_per_class=minimum_per_class)

    def update(
        self,
        *,
        recall: ArrayLike | Mapping[Any, float] | None = None,
        quotas: ArrayLike | Mapping[Any, int] | None = None,
        minimum_per_class: int | None = None,
    ) -> None:
        """Set new quotas from the next epoch on, such as from the model's latest recalls.

        New recalls share out as many examples as before. They keep the ``minimum_per_class`` of the
        last recalls, unless another one is given.

        Raises
        ------
        ValueError
            If neither recalls nor quotas are given, or both.
        """
        if recall is None and quotas is None:
            raise ValueError("update needs recall or quotas")
        if minimum_per_class is None:
            minimum_per_class = 0 if recall is None else self._minimum
        self._set(recall=recall, quotas=quotas, minimum_per_class=minimum_per_class)
        if recall is not None:
            self._minimum = minimum_per_class

    def _set(self, **by_class: Any) -> None:
        n_keep = self._n_keep
        if self._density is None and n_keep is None and by_class["quotas"] is None:
            n_keep = len(self) or None
        codes, _, sizes, n_keep = class_quotas(
            self._labels, self._density, n_keep=n_keep, **by_class
        )
        if sizes is None:
            self._pools, self._quotas = [np.arange(len(codes))], [n_keep]
        else:
            counts = np.bincount(codes, minlength=len(sizes))
            self._pools = members(codes, counts, np.arange(len(codes)))
            self._quotas = sizes.tolist()

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch of the next iteration, counted from 0."""
        self.epoch = check_integer("epoch", epoch, minimum=0)

    def __len__(self) -> int:
        return sum(self._quotas)

    def __iter__(self) -> Iterator[int]:
        index = fresh_index(self._pools, self._quotas, self.epoch, "sampler", self._seed)
        order = numpy_generator("sampler", self._seed, "order", self.epoch).permutation(index)
        self.epoch += 1
        return iter(order.tolist())
