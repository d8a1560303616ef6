"""What every score promises, that of docs/extend.md included."""

import numpy as np
import pytest
import torch
from torch import nn

from fairprune import registry
from fairprune.training.evaluation import Observation
from fairprune.training.images import ImageSet
from fairprune.training.query import Query
from fairprune.training.record import SERIES, VIEWS, Record, View, write_record
from tests.documentation import CONFIG

N, K, T, SIZE = 48, 3, 12, 4  # examples, classes, epochs, side of an image in pixels
RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.arange(N) % K)
IMAGES = (80 * LABELS[:, None, None, None] + RNG.integers(0, 16, (N, SIZE, SIZE, 1))).astype("u1")
LOGITS = {view: RNG.normal(0, 2, (T, N, K)).astype(np.float32) for view in VIEWS}
OF_EPOCHS = {
    name: RNG.random((T - 1, N), dtype=np.float32) for name in ("kl_step", "absolute_kl_step")
}
VALIDATION = RNG.random((T, K), dtype=np.float32)


class Model(nn.Module):
    """Embeddings whose classes lie apart, so that k-means ends in them whatever its start."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(SIZE * SIZE, 5)
        self.head = nn.Linear(5, K)
        for seed, parameter in enumerate(self.parameters()):
            nn.init.normal_(parameter, 0.2, generator=torch.Generator().manual_seed(seed))

    def forward(self, images):
        return self.head(torch.tanh(self.hidden(images.flatten(1))))


def observed(logits, labels):
    seen = Observation(len(labels), "cpu")
    seen.add(torch.arange(len(labels)), torch.tensor(logits), torch.tensor(labels))
    return seen.numpy()


def recorded(view, order, epochs):
    rows = [observed(LOGITS[view][epoch - 1, order], LABELS[order]) for epoch in epochs]
    fields = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    return View(np.array(epochs, np.int32), **fields)


def make_query(module, path, order=None):
    """A query that offers what the constants of a score ask for, and nothing else."""
    order = np.arange(N) if order is None else order
    view, needs_model = getattr(module, "VIEW", None), module.NEEDS == "model"
    views = {"evaluation": recorded("evaluation", order, [T])}  # the last epoch always is
    if view is not None:
        views[view] = recorded(view, order, range(1, T + 1))
    names = SERIES.get(getattr(module, "SERIES", None), ())
    series = {name: OF_EPOCHS[name][:, order] for name in names if name in OF_EPOCHS}
    if "validation_loss" in names:
        series["validation_loss"] = VALIDATION
    write_record(path, Record(LABELS[order], K, **views, series=series))
    images = ImageSet(IMAGES[order], LABELS[order], [0.5], [0.25], "cpu")
    return Query(
        LABELS[order],
        K,
        ("contract",),
        path,
        load_model=Model if needs_model else None,
        load_images=(lambda: images) if needs_model else None,
    )


def check_score(name, folder):
    """One finite number for each example, the same again, whatever the order of the examples."""
    module = registry.load("scores", name)
    first, again = (module.score(make_query(module, folder / "record.npz")) for _ in range(2))
    assert first.shape == (N,) and first.dtype.kind == "f" and np.isfinite(first).all()
    assert len(np.unique(first)) > 1
    np.testing.assert_array_equal(first, again)
    order = np.random.default_rng(1).permutation(N)
    permuted = module.score(make_query(module, folder / "permuted.npz", order))
    np.testing.assert_allclose(permuted, first[order], rtol=1e-4)


@pytest.mark.parametrize("name", registry.names("scores"))
def test_scores(name, tmp_path):
    check_score(name, tmp_path)


@pytest.mark.parametrize("name", registry.names("scores"))
def test_what_a_score_needs_is_what_the_workflow_knows(name):
    module = registry.load("scores", name)
    assert module.NEEDS in ("record", "model")
    assert module.QUERY in CONFIG["queries"]
    assert getattr(module, "VIEW", None) in (None, *VIEWS)
    assert getattr(module, "SERIES", None) in (None, *SERIES)


def test_that_of_the_documentation(extended, tmp_path):
    assert "mean_loss" in registry.names("scores")
    check_score("mean_loss", tmp_path)
