"""Stochastic gradient descent with momentum, by PyTorch's functional form of it.

``torch.optim.SGD`` computes the same, with the same function, but its class imports the compiler
when it is made (``torch._dynamo``, and SymPy with it): nearly a second before the first step of
every training.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim.sgd import sgd


class SGD:
    """Steps of ``torch.optim.SGD(..., foreach=True)``, bit for bit.

    Parameters
    ----------
    parameters : iterable of Parameter
        Those without a gradient are left alone.
    learning_rate : float
        May be set anew between steps.
    momentum, weight_decay : float
    nesterov : bool, default=False
        Whether a step looks ahead by the new velocity (Nesterov 1983, as in PyTorch).
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.learning_rate = learning_rate
        self._parameters = list(parameters)
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._nesterov = nesterov
        self._velocities: list[torch.Tensor | None] = [None] * len(self._parameters)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change the parameters by their gradients."""
        moved = [i for i, p in enumerate(self._parameters) if p.grad is not None]
        velocities = [self._velocities[i] for i in moved]
        sgd(
            [self._parameters[i] for i in moved],
            [self._parameters[i].grad for i in moved],  # type: ignore[misc]
            velocities,
            foreach=True,  # the bits of a loop over parameters, in fewer operations
            lr=self.learning_rate,
            momentum=self._momentum,
            weight_decay=self._weight_decay,
            dampening=0.0,
            nesterov=self._nesterov,
            maximize=False,
        )
        for i, velocity in zip(moved, velocities, strict=True):
            self._velocities[i] = velocity

    def state_dict(self) -> dict[str, Any]:
        """Velocities by number of the parameter, in the form of ``torch.optim.SGD``."""
        return {"state": {i: {"momentum_buffer": v} for i, v in enumerate(self._velocities)}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what :meth:`state_dict`, or that of ``torch.optim.SGD``, gave."""
        for i in range(len(self._parameters)):
            self._velocities[i] = state["state"].get(i, {}).get("momentum_buffer")
