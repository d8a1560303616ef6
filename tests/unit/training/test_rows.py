"""Trainings on features and tokens: the same loop, the same scores."""

import dataclasses

import numpy as np
import pytest
import torch

from fairprune.models import mlp, transformer
from fairprune.scores import gradient_norms
from fairprune.study.schedule import Schedule
from fairprune.training import loop
from fairprune.training.evaluation import observe, probabilities_and_embeddings
from fairprune.training.loop import train
from fairprune.training.rows import RowSet
from fairprune.training.run import Run
from fairprune.training.settings import Settings
from tests.documentation import study

N, K, D, L, V = 90, 3, 5, 6, 20
RNG = np.random.default_rng(0)
LABELS = np.arange(N) % K
FEATURES = (RNG.normal(size=(N, D)) + 2 * np.eye(D)[LABELS]).astype(np.float32)
TOKENS = np.where(RNG.random((N, L)) < 0.6, 1 + LABELS[:, None], RNG.integers(0, V, (N, L)))


def rows(kind):
    if kind == "features":
        mean, std = FEATURES.mean(0).tolist(), FEATURES.std(0).tolist()
        return RowSet(FEATURES, LABELS, mean, std, "cpu")
    return RowSet(TOKENS.astype(np.int32), LABELS, [], [], "cpu")


def build(kind):
    if kind == "features":
        return mlp.build(K, D, 1, width=8, dropout=0.2)
    return transformer.build(K, V, L, width=8, n_heads=2)


def run(kind, **changes):
    settings = Settings(
        batch_size=16, learning_rate=0.01, optimizer="adamw", record=("train", "evaluation")
    )
    return Run(
        title=kind,
        names=("final", 0),
        build=lambda: build(kind),
        n_classes=K,
        train=rows(kind),
        validation=rows(kind),
        schedule=Schedule(8, shape="cosine", warmup_share=0.1),
        settings=dataclasses.replace(settings, **changes),
    )


@pytest.mark.parametrize("kind", ["features", "tokens"])
def test_a_training_learns_and_ends_with_the_same_bits_after_an_interruption(kind, tmp_path):
    trained = train(run(kind))
    assert trained.validation[8].mean() > 0.7
    record = trained.record
    assert record.train.margin.shape == record.evaluation.margin.shape == (8, N)
    checkpoint = tmp_path / "checkpoint"
    half = dataclasses.replace(run(kind), schedule=Schedule(8, shape="cosine", warmup_share=0.1))
    state = loop.start(half)
    for _ in range(3):
        loop.train_epoch(half, state)
    loop.save_checkpoint(checkpoint, "key", state.packed())
    resumed = train(run(kind), checkpoint, "key")
    for ours, theirs in zip(resumed.model.parameters(), trained.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", ["features", "tokens"])
def test_gradients_embeddings_and_outputs(kind, caplog):
    torch.manual_seed(0)
    model, data = build(kind).eval(), rows(kind)
    probabilities, embeddings = probabilities_and_embeddings(model, data)
    assert probabilities.shape == (N, K) and embeddings.shape == (N, 8)
    inputs = data.batch(torch.arange(N))
    with caplog.at_level("INFO"):
        found = gradient_norms(model, [(inputs, data.labels)])
    assert "formed per example" not in caplog.text  # every layer has a fast way
    expected = []
    for one, label in zip(inputs, data.labels, strict=True):
        model.zero_grad()
        torch.nn.functional.cross_entropy(model(one[None]), label[None]).backward()
        squares = [p.grad.double().square().sum() for p in model.parameters()]
        expected.append(torch.stack(squares).sum().sqrt().item())
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(
        observe(model, data).numpy()["probability"], probabilities[np.arange(N), LABELS], rtol=1e-5
    )


def test_words_that_fill_up_change_nothing():
    model = build("tokens").eval()
    tokens = torch.tensor([[3, 4, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]])
    logits = model(tokens)
    assert torch.isfinite(logits).all()
    with torch.no_grad():
        model.position.weight[2:] = 99.0
        model.embedding.weight[0] = 99.0
    torch.testing.assert_close(model(tokens)[0], logits[0])


ROWS = {
    "run": ["rows"],
    "datasets": {"table": {"source": "features", "root": "rows.npz"}},
    "experiments": {
        "rows": {
            "dataset": "table",
            "model": {"name": "mlp"},
            "densities": [0.5],
            "methods": ["full", "random"],
            "training": {"epochs": 4, "batch_size": 8, "learning_rate": 0.1},
        }
    },
}


def test_what_is_for_images_is_off_unless_it_is_asked_for():
    training = study(ROWS).experiments["rows"].final_training("random")
    assert (training["max_shift"], training["flip"], training["flip_at_test"]) == (0, False, False)
    shifted = {"experiments": {"rows": {"training": {"max_shift": 2}}}}
    with pytest.raises(ValueError, match="rows.training.max_shift is for images; .* 'table' has"):
        study(ROWS, shifted)
    with pytest.raises(ValueError, match="'vgg16' takes images, the data set 'table' has features"):
        study(ROWS, {"experiments": {"rows": {"model": {"name": "vgg16"}}}})
    with pytest.raises(ValueError, match="'transformer' takes tokens, .* models for them: mlp$"):
        study(ROWS, {"experiments": {"rows": {"model": {"name": "transformer"}}}})
