"""SGD and AdamW, by PyTorch's functional forms of them.

``torch.optim.SGD`` and ``torch.optim.AdamW`` call the same functions with the same results. But
creating one imports the compiler (``torch._dynamo``, and SymPy with it), which takes nearly a
second before the first step of every training.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from fairprune.training.settings import Settings

_BETA2, _EPSILON = 0.999, 1e-8  # of AdamW, PyTorch's defaults
_AVERAGES = ("exp_avg", "exp_avg_sq", "step")


class Optimizer(ABC):
    """Same steps, bit for bit, as the ``torch.optim`` class of this name with ``foreach=True``.

    Parameters
    ----------
    parameters : iterable of Parameter
        Parameters without a gradient are left alone.
    learning_rate : float
        May be changed between steps.
    momentum : float
        ``beta1`` of AdamW.
    weight_decay : float
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        momentum: float,
        weight_decay: float,
    ) -> None:
        self.learning_rate = learning_rate
        self._parameters = list(parameters)
        self._momentum = momentum
        self._weight_decay = weight_decay
        self._state: dict[int, dict[str, Any]] = {}  # by number of the parameter

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Update the parameters by their gradients."""
        moved = [i for i, p in enumerate(self._parameters) if p.grad is not None]
        parameters: list[Tensor] = [self._parameters[i] for i in moved]
        self._change(moved, parameters, [p.grad for p in parameters if p.grad is not None])

    @abstractmethod
    def _change(self, moved: list[int], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        """Update the parameters with these numbers."""

    def state_dict(self) -> dict[str, Any]:
        """The state of each parameter, in the format of ``torch.optim``."""
        return {"state": self._state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` gave, here or in the ``torch.optim`` class."""
        self._state = {i: dict(values) for i, values in state["state"].items()}


class SGD(Optimizer):
    """Stochastic gradient descent with momentum, optionally Nesterov's."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        learning_rate: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        super().__init__(parameters, learning_rate, momentum, weight_decay)
        self._nesterov = nesterov

    def _change(self, moved: list[int], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        velocities = [self._state.get(i, {}).get("momentum_buffer") for i in moved]
        sgd(
            parameters,
            gradients,
            velocities,
            foreach=True,  # the bits of a loop over parameters, in fewer operations
            lr=self.learning_rate,
            momentum=self._momentum,
            weight_decay=self._weight_decay,
            dampening=0.0,
            nesterov=self._nesterov,
            maximize=False,
        )
        self._state |= {
            i: {"momentum_buffer": velocity} for i, velocity in zip(moved, velocities, strict=True)
        }


class AdamW(Optimizer):
    """AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019)."""

    def _change(self, moved: list[int], parameters: list[Tensor], gradients: list[Tensor]) -> None:
        for i, parameter in zip(moved, parameters, strict=True):
            if i not in self._state:
                zeros = [torch.zeros_like(parameter) for _ in range(2)]
                self._state[i] = dict(zip(_AVERAGES, (*zeros, torch.tensor(0.0)), strict=True))
        averages, squares, steps = ([self._state[i][name] for i in moved] for name in _AVERAGES)
        adamw(
            parameters,
            gradients,
            averages,
            squares,
            [],
            steps,
            foreach=True,
            amsgrad=False,
            beta1=self._momentum,
            beta2=_BETA2,
            lr=self.learning_rate,
            weight_decay=self._weight_decay,
            eps=_EPSILON,
            maximize=False,
        )

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state; step counts stay on the CPU, wherever a checkpoint was loaded to."""
        super().load_state_dict(state)
        for values in self._state.values():
            values["step"] = values["step"].cpu()


def make_optimizer(model: nn.Module, settings: Settings) -> Optimizer:
    """The optimizer of a model's parameters."""
    parameters = model.parameters()
    rates = (settings.learning_rate, settings.momentum, settings.weight_decay)
    if settings.optimizer == "adamw":
        return AdamW(parameters, *rates)
    return SGD(parameters, *rates, settings.nesterov)
