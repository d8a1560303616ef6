"""What every quota rule, loss and model promises, those of docs/extend.md included."""

import numpy as np
import pytest
import torch

from fairprune import allocation, registry

NARROW = {name: {"width": 8} for name in ("resnet18", "vgg16", "vgg19")}
OPTIONS = {
    "timm": {"architecture": "resnet10t"},
    "huggingface": {"architecture": "resnet", "hidden_sizes": [8, 8], "depths": [1, 1]},
    "torchvision": {"architecture": "resnet18"},
    **NARROW,
}
INPUTS = {  # of a kind of examples: `in_channels` and `image_size`, and two of them
    "images": ((1, 32), torch.zeros(2, 1, 32, 32)),
    "features": ((5, 1), torch.ones(2, 5)),
    "tokens": ((11, 4), torch.tensor([[3, 10, 0, 0], [0, 0, 0, 0]])),
}
COUNTS, RECALL = np.array([40, 30, 30]), np.array([0.2, 0.6, 0.9])
LABELS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], COUNTS))
ORDER = [2, 0, 1]  # other names of the classes


def check_quota_rule(name, density):
    """Densities in [0, 1] with the exact total, whatever the classes are called."""
    rule = registry.load("quota_rules", name).class_density
    n_keep = allocation.n_keep(density, len(LABELS))
    kept = np.bincount(LABELS[:n_keep], minlength=3)  # what a strategy keeps
    tries = np.array([25, 50, 20])
    known = {"recall": RECALL, "strategy_counts": kept, "tries": tries}
    known |= {"log_weight": np.array([0.5, 0.1, -0.6]), "errors": np.array([20, 20, 2])}
    known["weight"] = np.array([1.0, 0.0, 3.0])
    scores = np.random.default_rng(1).random(len(LABELS))
    known["class_scores"] = np.empty(3, dtype=object)
    known["class_scores"][:] = [scores[k == LABELS] for k in range(3)]
    given = registry.declared(rule, known)
    found = rule(COUNTS, density, **given)
    assert found.shape == (3,) and (found >= 0).all() and (found <= 1).all()
    assert found @ COUNTS == pytest.approx(n_keep)
    quotas = allocation.quotas(found, COUNTS, n_keep=n_keep)
    assert quotas.sum() == n_keep and (quotas >= 0).all() and (quotas <= COUNTS).all()
    renamed = rule(COUNTS[ORDER], density, **{name: array[ORDER] for name, array in given.items()})
    np.testing.assert_allclose(renamed, found[ORDER])


def check_model(name):
    """Logits of every class, by a last linear layer called ``head``."""
    module = registry.load("models", name)
    for kind in getattr(module, "INPUTS", ("images",)):
        sizes, inputs = INPUTS[kind]
        model = module.build(3, *sizes, **OPTIONS.get(name, {}))
        assert isinstance(model.head, torch.nn.Linear) and model.head.out_features == 3
        logits = model(inputs)
        assert logits.shape == (2, 3)
        logits.sum().backward()
        learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
        assert all(parameter.grad is not None for parameter in learning)


@pytest.mark.parametrize("density", [0.1, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("name", registry.names("quota_rules"))
def test_quota_rules(name, density):
    check_quota_rule(name, density)


def check_loss(name):
    """Weights of classes, whatever they are called, if it asks for recalls, and else none."""
    loss = registry.load("losses", name)
    assert loss.class_weights(None) is None
    recalls = np.stack([RECALL, RECALL**2])  # after two epochs
    weights = loss.class_weights(recalls)
    assert (weights is None) != loss.NEEDS_VALIDATION
    if weights is not None:
        assert weights.shape == (3,) and np.isfinite(weights).all() and (weights >= 0).all()
        np.testing.assert_array_equal(loss.class_weights(recalls[:, ORDER]), weights[ORDER])


@pytest.mark.parametrize("name", registry.names("losses"))
def test_losses(name):
    check_loss(name)


@pytest.mark.parametrize("name", registry.names("models"))
def test_models(name):
    if package := {"timm": "timm", "huggingface": "transformers"}.get(name):
        pytest.importorskip(package, reason=f"{package} is not installed")
    check_model(name)


def test_those_of_the_documentation(extended):
    check_quota_rule("blended", 0.3)
    check_loss("inverse_recall")
    check_model("perceptron")
