"""Any classifier of timm by name, e.g. ``vit_tiny_patch16_224``.

The configuration entry is ``model: {name: timm, architecture: resnet26}``; its other keys are
options of ``timm.create_model``. The classifier is the ``head``. Nothing is downloaded: weights
come from a local file, and the classifier is replaced if it has another number of classes.
Train transformers with ``optimizer: adamw`` and ``schedule: cosine``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from fairprune._optional import needed
from fairprune._validation import Positive, check_known, checked
from fairprune.models._zoo import Classifier, tried


def check_options(architecture: str, weights: str | None = None, **_: Any) -> None:
    """Refuse an architecture that timm does not have, and weights that are missing.

    Raises
    ------
    ValueError
        The message lists the known names, or says how to fetch weights.
    """
    known = needed("timm", "timm").list_models()
    check_known(architecture, known, f"unknown architecture {architecture!r}")
    if weights is not None and not Path(weights).is_file():
        raise ValueError(
            f"there is no file of weights {weights!r}; nothing is downloaded here: fetch it "
            f"where there is a network, with `hf download timm/{architecture}.TAG "
            "model.safetensors`"
        )


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
    """Model of a timm architecture.

    Parameters
    ----------
    n_classes : int
        Number of classes K.
    in_channels : int
    image_size : int
        Pixels per side.
    architecture : str
        Name in ``timm.list_models()``.
    weights : str, optional
        File of weights of this architecture, ``.safetensors`` or ``.pth``.
    **options
        Passed on to ``timm.create_model``.

    Raises
    ------
    ValueError
        If the architecture is unknown, the file is missing, the classifier is not a linear layer,
        or images of this size do not fit.
    """
    timm = needed("timm", "timm")
    check_options(architecture, weights)
    if weights is not None:
        options |= {"pretrained": True, "pretrained_cfg_overlay": {"file": weights}}
    if architecture.startswith(("vit_", "deit_", "swin")):
        options = {"img_size": image_size, **options}
    try:
        network = timm.create_model(
            architecture, num_classes=n_classes, in_chans=in_channels, **options
        )
    except (TypeError, KeyError, AssertionError, RuntimeError) as error:
        raise ValueError(
            f"architecture {architecture!r} does not take the options {options}: {error}"
        ) from error
    head = network.get_classifier()
    if not isinstance(head, nn.Linear):
        raise ValueError(f"architecture {architecture!r} has no linear classifier of one layer")
    name = next(name for name, layer in network.named_modules() if layer is head)
    return tried(Classifier(network, name), architecture, n_classes, in_channels, image_size)
