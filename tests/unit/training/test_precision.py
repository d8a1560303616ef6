"""In which precision products are computed: on a GPU as PyTorch's switches say."""

import logging
from types import SimpleNamespace

import pytest
import torch

from fairprune import registry
from fairprune.models import small_cnn
from fairprune.training import precision
from fairprune.training.evaluation import probabilities_and_embeddings
from fairprune.training.loop import train
from fairprune.training.precision import exact_products
from tests.unit.training.test_loop import image_set, make_run

CUDNN, MATMUL = torch.backends.cudnn, torch.backends.cuda.matmul
KINDS = [CUDNN.conv, CUDNN.rnn, MATMUL]


def switches():
    return [kind.fp32_precision for kind in KINDS], CUDNN.deterministic, CUDNN.enabled


@pytest.fixture(params=["none", "all", "convolutions"])
def chosen(request):
    """What the user has chosen before, and chooses no longer."""
    where = {"none": [], "all": [torch.backends], "convolutions": [CUDNN.conv]}[request.param]
    before = [module.fp32_precision for module in where]
    for module in where:
        module.fp32_precision = "tf32"
    yield
    for module, value in zip(where, before, strict=True):
        module.fp32_precision = value


@pytest.mark.usefixtures("chosen")
def test_exact_products_are_those_of_float32_by_fast_kernels_and_nothing_changes_after():
    before = switches()
    with pytest.raises(KeyError), exact_products():
        assert switches() == (["ieee"] * 3, True, True)
        raise KeyError
    assert switches() == before


@pytest.mark.parametrize(
    ("chosen", "has", "warned"),
    [("bfloat16", False, True), ("bfloat16", True, False), ("float32", False, False)],
)
def test_a_training_warns_of_bfloat16_that_the_processor_emulates(
    chosen, has, warned, monkeypatch, caplog
):
    monkeypatch.setattr(precision, "has_bfloat16", lambda: has)
    with caplog.at_level(logging.WARNING):
        train(make_run(epochs=1, precision=chosen))
    assert ("set training.precision to float32" in caplog.text) == warned


class Watched(torch.nn.Module):
    """A model that remembers the switches under which it computed."""

    def __init__(self):
        super().__init__()
        self.model, self.seen = small_cnn.build(3, 1, 8, width=4), []

    @property
    def head(self):
        return self.model.head

    def forward(self, images):
        self.seen.append(switches()[0])
        return self.model(images)

    def __deepcopy__(self, memo):
        return self


def test_scores_by_a_model_take_exact_products():
    model, images = Watched().eval(), image_set(40)
    probabilities_and_embeddings(model, images)
    n = len(model.seen)
    query = SimpleNamespace(
        model=model, batches=lambda size: [(images.batch(torch.arange(40)), images.labels)]
    )
    registry.load("scores", "grand").score(query)
    assert n and len(model.seen) > n and all(seen == ["ieee"] * 3 for seen in model.seen)
