"""Image classifiers of Hugging Face's transformers, e.g. ``vit``, ``convnext`` or ``swin``.

The configuration entry ``model: {name: huggingface, architecture: vit}`` makes an untrained model
of that type; its other keys are options of the type's configuration. With ``weights``, the model is
loaded from a folder that ``save_pretrained`` wrote, or by name from the local cache. Nothing is
downloaded. The classifier is the ``head``; it is replaced by a new one if it has another number of
classes. Train with ``optimizer: adamw`` and ``schedule: cosine``.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from fairprune._optional import needed
from fairprune._validation import Positive, check_known, checked
from fairprune.models._zoo import Classifier, tried


class HuggingFaceClassifier(Classifier):
    """A model of transformers, whose output holds the logits."""

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K) of images (B, C, H, W)."""
        return self.network(pixel_values=images).logits


def check_options(architecture: str | None = None, weights: str | None = None, **_: Any) -> None:
    """Refuse a type that transformers does not have, and weights that are missing.

    Raises
    ------
    ValueError
        The message lists the known names, or says how to fetch weights.
    """
    if (architecture is None) == (weights is None):
        raise ValueError("one of architecture and weights is needed, and not both")
    if architecture is not None:
        auto = needed("transformers.models.auto.modeling_auto", "huggingface")
        known = auto.MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES
        check_known(architecture, known, f"unknown architecture {architecture!r}")
        return
    try:
        hub = needed("transformers.utils.hub", "huggingface")
        hub.cached_file(weights, "config.json", local_files_only=True)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"there are no weights {weights!r} of an image classifier, neither as a folder nor in "
            "the cache; nothing is downloaded here: fetch them where there is a network, with "
            f"`hf download {weights} --local-dir FOLDER`, and name the folder"
        ) from error


@checked
def build(
    n_classes: Positive,
    in_channels: Positive,
    image_size: Positive,
    *,
    architecture: str | None = None,
    weights: str | None = None,
    **options: Any,
) -> HuggingFaceClassifier:
    """Untrained model of a type in transformers, or a model with weights from this machine.

    Parameters
    ----------
    n_classes : int
        Number of classes K.
    in_channels : int
    image_size : int
        Pixels per side.
    architecture : str, optional
        Type of an untrained model.
    weights : str, optional
        A folder, or a name in the cache; replaces ``architecture``.
    **options
        Options of the type's configuration, such as ``hidden_size``.

    Raises
    ------
    ValueError
        If neither or both are given, the type is unknown, the weights are missing, or images of
        this size do not fit.
    """
    check_options(architecture, weights)
    transformers = needed("transformers", "huggingface")
    options = {"num_labels": n_classes, **options}
    if architecture is not None:
        sizes = {"num_channels": in_channels, "image_size": image_size}
        config = transformers.AutoConfig.for_model(architecture, **{**sizes, **options})
        network = transformers.AutoModelForImageClassification.from_config(config)
    else:
        network = transformers.AutoModelForImageClassification.from_pretrained(
            weights, local_files_only=True, ignore_mismatched_sizes=True, **options
        )
    linear = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not linear or network.get_submodule(linear[-1]).out_features != n_classes:
        raise ValueError(f"{type(network).__name__} does not end with one linear layer")
    model = HuggingFaceClassifier(network, linear[-1])
    return tried(model, architecture or str(weights), n_classes, in_channels, image_size)
