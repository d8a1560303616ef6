"""Any classifier of ``torchvision.models`` by name, e.g. ``mobilenet_v3_small``.

The configuration entry is ``model: {name: torchvision, architecture: mobilenet_v3_small}``;
its other keys are options of torchvision's own builder. The last linear layer is the ``head``.

These networks are made for images of 224 pixels. On small images most of them shrink the features
to one position early. Some need a minimum size, which is checked when they are built. If there are
not 3 input channels, the first convolution is replaced, with fresh weights (normal, He et al.
2015, fan out). Weights come from torchvision's own initialisation unless ``weights`` names
pretrained ones.
"""

from __future__ import annotations

from typing import Any

import torch
import torchvision.models as zoo
from torch import nn

from fairprune._validation import Positive, check_known, checked
from fairprune.models._zoo import Classifier, tried

_PRETRAINED_CHANNELS = 3


def check_options(architecture: str, weights: str | None = None, **_: Any) -> None:
    """Refuse an architecture or weights that torchvision does not have; downloads nothing.

    Raises
    ------
    ValueError
        The message lists the known names.
    """
    check_known(architecture, zoo.list_models(module=zoo), f"unknown architecture {architecture!r}")
    if weights is not None:
        known = zoo.get_model_weights(architecture)
        name = weights.removeprefix(f"{known.__name__}.")
        check_known(name, known.__members__, f"unknown weights {weights!r} of {architecture!r}")


@checked
def build(
    n_classes: Positive,
    in_channels: Positive,
    image_size: Positive,
    *,
    architecture: str,
    weights: str | None = None,
    **options: Any,
) -> Classifier:
    """Model of a torchvision architecture.

    Parameters
    ----------
    in_channels : int
        3 with pretrained weights, any otherwise.
    architecture : str
        Name in ``torchvision.models``.
    weights : str, optional
        Name of pretrained weights, such as ``"DEFAULT"``; torchvision downloads them.
    **options
        Passed on to torchvision's builder.

    Raises
    ------
    ValueError
        If the architecture is unknown, has no linear layer, has auxiliary outputs, or does not
        take these options or images of this size.
    """
    check_options(architecture, weights)
    if weights is not None and in_channels != _PRETRAINED_CHANNELS:
        raise ValueError(f"in_channels must be 3 with weights={weights!r}, got {in_channels}")
    if weights is None:
        options["num_classes"] = n_classes
    if architecture.startswith("vit_"):
        options["image_size"] = image_size
    try:
        network = zoo.get_model(architecture, weights=weights, **options)
    except (TypeError, KeyError, AssertionError) as error:
        raise ValueError(
            f"architecture {architecture!r} does not take weights={weights!r} and the options "
            f"{options}: {error}"
        ) from error
    except OSError as error:
        raise ValueError(
            f"weights {weights!r} of {architecture!r} cannot be downloaded to "
            f"{torch.hub.get_dir()}: {error}"
        ) from error
    if getattr(network, "aux_logits", False):
        raise ValueError(
            f"architecture {architecture!r} has auxiliary outputs; add the options "
            "aux_logits: false and init_weights: true to the model"
        )
    model = Classifier(network, _fit_head(network, architecture, n_classes))
    if in_channels != _PRETRAINED_CHANNELS:
        _replace_first_convolution(network, in_channels)
    return tried(model, architecture, n_classes, in_channels, image_size)


def _fit_head(network: nn.Module, architecture: str, n_classes: int) -> str:
    """Name of the last linear layer, which is replaced if it has another number of outputs."""
    linear = [(n, layer) for n, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise ValueError(f"architecture {architecture!r} has no linear layer to take as head")
    name, head = linear[-1]
    if head.out_features != n_classes:
        network.set_submodule(name, nn.Linear(head.in_features, n_classes))
    return name


def _replace_first_convolution(network: nn.Module, in_channels: int) -> None:
    name, old = next((n, m) for n, m in network.named_modules() if isinstance(m, nn.Conv2d))
    kept: dict[str, Any] = {
        key: getattr(old, key) for key in ("kernel_size", "stride", "padding", "dilation")
    }
    new = nn.Conv2d(in_channels, old.out_channels, bias=old.bias is not None, **kept)
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    network.set_submodule(name, new)
