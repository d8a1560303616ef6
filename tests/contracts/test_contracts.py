"""What every quota rule and every model promises, those of docs/extend.md included."""

import numpy as np
import pytest
import torch

from fairprune import registry
from tests.unit.test_docs_examples import extended  # noqa: F401  a fixture

OPTIONS = {"torchvision": {"architecture": "resnet18"}}
COUNTS, RECALL, LEFT = np.array([40, 30, 30]), np.array([0.2, 0.6, 0.9]), np.array([20, 10, 0])


def check_quota_rule(name):
    """Densities in [0, 1] with the exact total, whatever the classes are called."""
    rule = registry.load("quota_rules", name).class_density
    found = rule(COUNTS, 0.3, recall=RECALL, strategy_counts=LEFT)
    assert found.shape == (3,) and (found >= 0).all() and (found <= 1).all()
    assert found @ COUNTS == pytest.approx(30)
    order = [2, 0, 1]
    renamed = rule(COUNTS[order], 0.3, recall=RECALL[order], strategy_counts=LEFT[order])
    np.testing.assert_allclose(renamed, found[order])


def check_model(name):
    """Logits of every class, by a last linear layer called ``head``."""
    model = registry.load("models", name).build(3, 1, 32, **OPTIONS.get(name, {}))
    assert isinstance(model.head, torch.nn.Linear) and model.head.out_features == 3
    logits = model(torch.zeros(2, 1, 32, 32))
    assert logits.shape == (2, 3)
    logits.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("name", registry.names("quota_rules"))
def test_quota_rules(name):
    check_quota_rule(name)


@pytest.mark.parametrize("name", registry.names("models"))
def test_models(name):
    check_model(name)


def test_those_of_the_documentation(extended):  # noqa: F811
    assert "tempered" in registry.names("quota_rules") and "perceptron" in registry.names("models")
    check_quota_rule("tempered")
    check_model("perceptron")
