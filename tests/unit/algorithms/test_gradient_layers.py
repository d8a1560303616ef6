"""Gradient norms of every kind of layer, against plain autograd in float64."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from fairprune.scores import gradient_norms
from tests.reference import grand as reference

B, T, V, D, K = 6, 3, 11, 8, 4  # T = 3 as many positions as the plan looks at examples


class Recurrent(nn.Module):
    def __init__(self, kind, batch_first=True):
        super().__init__()
        self.embedding = nn.Embedding(V, D, padding_idx=0)
        self.recurrent = kind(D, 5, batch_first=batch_first)
        self.norm = nn.LayerNorm(5)
        self.out = nn.Linear(5, K)
        self.batch_first = batch_first

    def forward(self, tokens):
        vectors = self.embedding(tokens)
        if not self.batch_first:
            vectors = vectors.transpose(0, 1)
        states = self.norm(self.recurrent(vectors)[0])
        return self.out(states.mean(1 if self.batch_first else 0))


class Attending(nn.Module):
    def __init__(self, batch_first=True):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        layer = nn.TransformerEncoderLayer(D, 2, 16, batch_first=batch_first, dropout=0.5)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = nn.Linear(D, K)
        self.batch_first = batch_first

    def forward(self, tokens):
        vectors = self.embedding(tokens)
        if not self.batch_first:
            return self.out(self.encoder(vectors.transpose(0, 1)).mean(0))
        return self.out(self.encoder(vectors).mean(1))


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.out = nn.Linear(D, V)
        self.out.weight = self.embedding.weight

    def forward(self, tokens):
        return self.out(self.embedding(tokens).tanh().sum(1))


class Stubborn(nn.Module):
    """Looks at a value, which cannot be vectorised."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(4))
        self.out = nn.Linear(4, K)

    def forward(self, rows):
        scaled = rows * self.scale
        return self.out(scaled if scaled.sum().item() > -1e9 else rows)


def mlp():
    return nn.Sequential(nn.Linear(4, 7), nn.BatchNorm1d(7), nn.ReLU(), nn.Linear(7, K))


MODELS = {
    "mlp": (mlp, "rows"),
    "rms norm": (lambda: nn.Sequential(nn.Linear(4, 6), nn.RMSNorm(6), nn.Linear(6, K)), "rows"),
    "gru": (lambda: Recurrent(nn.GRU), "tokens"),
    "lstm": (lambda: Recurrent(nn.LSTM), "tokens"),
    "gru, positions first": (lambda: Recurrent(nn.GRU, batch_first=False), "tokens"),
    "transformer": (Attending, "tokens"),
    "transformer, positions first": (lambda: Attending(batch_first=False), "tokens"),
    "tied": (Tied, "tokens"),
    "stubborn": (Stubborn, "rows"),
    "convolution in one dimension": (
        lambda: nn.Sequential(nn.Conv1d(1, 6, 2), nn.GroupNorm(2, 6), nn.Flatten(),
                              nn.Linear(18, K)), "signals",
    ),
    "convolution in three dimensions": (
        lambda: nn.Sequential(nn.Conv3d(1, 2, 2), nn.Flatten(), nn.Linear(2, K)), "volumes"
    ),
}  # fmt: skip


def inputs(kind):
    generator = torch.Generator().manual_seed(0)
    if kind == "tokens":
        return torch.randint(0, V, (B, T), generator=generator)
    shape = {"rows": (B, 4), "signals": (B, 1, 4), "volumes": (B, 1, 2, 2, 2)}[kind]
    return torch.randn(shape, generator=generator)


def shaken(model):
    torch.manual_seed(1)
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0.3, 0.5)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_gives_what_autograd_gives(name):
    build, kind = MODELS[name]
    model, x, y = shaken(build()), inputs(kind), torch.arange(B) % K
    found = gradient_norms(model, zip(x.split(4), y.split(4), strict=True))
    assert model.training and all(p.requires_grad for p in model.parameters())
    model.eval()
    if kind == "tokens":  # the reference casts its inputs to float64
        expected = [one_token_norm(model, *pair) for pair in zip(x, y, strict=True)]
    else:
        expected = reference.gradient_norms(model, x, y)
    np.testing.assert_allclose(found, expected, rtol=2e-4)


def one_token_norm(model, tokens, label):
    model = model.double()
    model.zero_grad()
    nn.functional.cross_entropy(model(tokens[None]), label[None]).backward()
    return sum((p.grad**2).sum() for p in model.parameters()).sqrt().item()


def test_what_cannot_be_vectorised_goes_one_by_one_and_says_so_once(caplog):
    x, y = inputs("rows"), torch.arange(B) % K
    with caplog.at_level(logging.INFO):
        gradient_norms(shaken(Stubborn()), zip(x.split(2), y.split(2), strict=True))
    said = [r for r in caplog.records if "one example at a time" in r.message]
    assert len(said) == 1 and said[0].levelname == "WARNING"
    assert "gradients formed per example for: scale" in caplog.text


def test_an_error_without_words_is_called_by_its_type(caplog, monkeypatch):
    def squared_norms(*_):
        raise NotImplementedError

    monkeypatch.setattr("fairprune.algorithms.gradients.functional.squared_norms", squared_norms)
    x, y = inputs("rows"), torch.arange(B) % K
    gradient_norms(shaken(Stubborn()), zip(x.split(2), y.split(2), strict=True))
    assert "one example at a time, as torch says: NotImplementedError" in caplog.text


def test_layers_with_a_fast_way_are_not_formed(caplog):
    with caplog.at_level(logging.INFO):
        x, y = inputs("tokens"), torch.arange(B) % K
        gradient_norms(shaken(Attending()), [(x, y)])
    (formed,) = [r.message for r in caplog.records if "formed per example" in r.message]
    assert "self_attn.in_proj_weight" in formed
    for fast in ("embedding", "linear1", "norm1", "out.weight,"):
        assert f"{fast}" not in formed.replace("out_proj", ""), formed


def test_the_last_layer_of_a_model_without_a_head():
    model, x, y = shaken(mlp()), inputs("rows"), torch.arange(B) % K
    found = gradient_norms(model, [(x, y)], parameters="last_layer")
    expected = reference.gradient_norms(model.eval(), x, y, list(model[-1].parameters()))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
