from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef

from fairprune import registry
from fairprune.models import small_cnn
from fairprune.training import evaluation
from fairprune.training.evaluation import halving, observe, probabilities_and_embeddings
from tests.unit.training.test_loop import image_set

grand = registry.load("scores", "grand")


FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    torch.AcceleratorError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
]


class OutOfMemory(torch.nn.Module):
    """A model with room for some images only."""

    def __init__(self, room, error=FULL[0]):
        super().__init__()
        self.error = error
        self.model, self.room, self.sizes = small_cnn.build(3, 1, 8, width=4), room, []

    @property
    def head(self):
        return self.model.head

    def forward(self, images):
        self.sizes.append(len(images))
        if len(images) > self.room:
            raise self.error
        return self.model(images)


@pytest.mark.parametrize("room", [20, 5, 1])
def test_evaluation_starts_again_with_batches_that_fit(room, monkeypatch, caplog):
    monkeypatch.setitem(evaluation.EVALUATION_BATCH, "cpu", 32)
    model, images = OutOfMemory(room).train(), image_set(40)
    observed, outputs = observe(model, images), probabilities_and_embeddings(model, images)
    assert max(model.sizes[-2:]) <= room and model.training
    assert "out of GPU memory" in caplog.text
    roomy = observe(model.model, images).numpy()
    for name, values in observed.numpy().items():
        np.testing.assert_allclose(values, roomy[name], rtol=1e-5, atol=1e-6)
    for few, many in zip(outputs, probabilities_and_embeddings(model.model, images), strict=True):
        np.testing.assert_allclose(few, many, rtol=1e-5, atol=1e-6)


def test_grand_starts_again_with_batches_that_fit():
    tight, images = OutOfMemory(6).eval(), image_set(40)

    def batches(size):
        order = torch.arange(40)
        return ((images.batch(part), images.labels[part]) for part in order.split(size))

    few, many = (
        grand.score(SimpleNamespace(model=model, batches=batches), micro_batch=16)
        for model in (tight, tight.model)
    )
    np.testing.assert_allclose(few, many, rtol=1e-5)


@pytest.mark.parametrize("error", FULL)
def test_no_room_for_a_single_example_is_an_error(error):
    model = OutOfMemory(0, error)
    with pytest.raises(RuntimeError, match="(?i)memory|alloc"):
        halving(lambda size: model(torch.zeros(size, 1, 8, 8)), 4)
    assert model.sizes == [4, 2, 1]


def test_other_errors_do_not_start_again():
    model = OutOfMemory(0, RuntimeError("CUDA error: an illegal memory access was encountered"))
    with pytest.raises(RuntimeError, match="illegal"):
        halving(lambda size: model(torch.zeros(size, 1, 8, 8)), 4)
    assert model.sizes == [4]


class Tokens(torch.nn.Module):
    """Its head sees one of many tokens: a view, as in vision transformers."""

    def __init__(self):
        super().__init__()
        self.head, self.kept = torch.nn.Linear(64, 3), []

    def forward(self, images):
        assert all(tokens.expired() for tokens in self.kept)
        tokens = images.flatten(1)[:, None].repeat(1, 9, 1)
        self.kept.append(StorageWeakRef(tokens.untyped_storage()))
        return self.head(tokens[:, 0])


def test_embeddings_keep_nothing_of_the_batches_they_come_from():
    model, images = Tokens(), image_set(300)
    _, embeddings = probabilities_and_embeddings(model, images)
    assert len(model.kept) == 3
    np.testing.assert_array_equal(embeddings, images.batch(torch.arange(300)).flatten(1))


def test_mirrored_outputs_are_means_of_two_logits():
    torch.manual_seed(0)
    model, images = small_cnn.build(3, 1, 8, width=4).eval(), image_set(40)
    batch = images.batch(torch.arange(40))
    with torch.no_grad():
        logits = (model(batch) + model(batch.flip(-1))) / 2
    observed = observe(model, images, mirrored=True)
    expected = logits.softmax(1).gather(1, images.labels[:, None])[:, 0]
    torch.testing.assert_close(observed.probability, expected)
    assert not torch.allclose(observe(model, images).probability, expected)
