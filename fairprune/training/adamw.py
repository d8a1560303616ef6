"""AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019), by PyTorch's
functional form of it, for the reason given in :mod:`fairprune.training.sgd`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

_BETA2, _EPSILON = 0.999, 1e-8  # PyTorch's defaults
_AVERAGES = ("exp_avg", "exp_avg_sq", "step")


class AdamW:
    """Steps of ``torch.optim.AdamW(..., foreach=True)``, bit for bit.

    Parameters
    ----------
    parameters : iterable of Parameter
        Those without a gradient are left alone.
    learning_rate : float
        May be set anew between steps.
    momentum : float, default=0.9
        ``beta1``; ``beta2`` is 0.999.
    weight_decay : float, default=0.0
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        self.learning_rate = learning_rate
        self._parameters = list(parameters)
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._state: dict[int, dict[str, Tensor]] = {}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters by their gradients."""
        moved = [i for i, p in enumerate(self._parameters) if p.grad is not None]
        for i in moved:
            if i not in self._state:
                zeros = [torch.zeros_like(self._parameters[i]) for _ in range(2)]
                self._state[i] = dict(zip(_AVERAGES, (*zeros, torch.tensor(0.0)), strict=True))
        columns = {name: [self._state[i][name] for i in moved] for name in _AVERAGES}
        adamw(
            [self._parameters[i] for i in moved],
            [self._parameters[i].grad for i in moved],  # type: ignore[misc]
            columns["exp_avg"],
            columns["exp_avg_sq"],
            [],
            columns["step"],
            foreach=True,
            amsgrad=False,
            beta1=self._momentum,
            beta2=_BETA2,
            lr=self.learning_rate,
            weight_decay=self._weight_decay,
            eps=_EPSILON,
            maximize=False,
        )

    def state_dict(self) -> dict[str, Any]:
        """Averages by number of the parameter, in the form of ``torch.optim.AdamW``."""
        return {"state": self._state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict`, or that of ``torch.optim.AdamW``, gave."""
        self._state = {i: dict(values) for i, values in state["state"].items()}
        for values in self._state.values():
            values["step"] = values["step"].cpu()  # a checkpoint is read to the device
