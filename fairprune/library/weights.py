"""Final models of the workflow, with what is needed to use them.

A file of weights holds the state of the model, its configuration entry, the sizes that it is built
with, the names of the classes, and how inputs are normalised: ``(x - mean) / std``. Images in
[0, 1] are normalised per channel, features one by one, and tokens not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairprune import registry

if TYPE_CHECKING:
    from torch import nn

_KEYS = {"weights", "model", "sizes", "class_names", "kind", "mean", "std"}


def load_model(path: Path | str) -> tuple[nn.Module, dict[str, Any]]:
    """A final model that an experiment with ``keep_weights`` has kept.

    Parameters
    ----------
    path : path
        ``results/{experiment}/weights/{method}/density{density}/seed{seed}.pt``.

    Returns
    -------
    model : Module
        In eval mode, on the CPU.
    about : dict
        ``class_names``; the ``mean`` and ``std`` that normalise inputs; the ``kind`` of inputs; the
        ``model`` entry and the ``sizes`` that the model was built with.

    Raises
    ------
    ValueError
        If the file holds something else.
    """
    import torch

    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch raises many types on files it did not write
        raise ValueError(f"{path} is not a readable file of weights: {error}") from error
    if not isinstance(stored, Mapping) or stored.keys() != _KEYS:
        raise ValueError(f"{path} is not a file of weights that keep_weights wrote")
    model = registry.build_model(stored["model"], stored["sizes"])
    model.load_state_dict(stored["weights"])
    return model.eval(), {key: value for key, value in stored.items() if key != "weights"}
