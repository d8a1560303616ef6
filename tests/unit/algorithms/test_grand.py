import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from fairprune import registry
from fairprune.algorithms.gradients import convolution
from fairprune.algorithms.gradients.norms import GradientNorms, error_directions
from tests.reference.grand import gradient_norms

grand = registry.load("scores", "grand")


def shaken(model):
    """Eval mode, with batch norms as after some training."""
    for layer in model.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.running_mean.normal_(0, 0.3)
            layer.running_var.uniform_(0.5, 2)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0, 0.2)
    return model.eval()


def batch(n, in_channels=3, image_size=32, n_classes=10):
    labels = torch.arange(n) % n_classes
    return torch.randn(n, in_channels, image_size, image_size), labels


def query(model, images, labels):
    def batches(size):
        return zip(images.split(size), labels.split(size), strict=True)

    return SimpleNamespace(model=model, batches=batches, labels=labels.numpy())


@pytest.fixture(autouse=True)
def _seeded_and_single_threaded():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("name", "in_channels", "image_size", "n", "options"),
    [
        ("small_cnn", 1, 28, 7, {}),
        ("small_cnn", 3, 32, 7, {}),
        ("fast_cnn", 3, 32, 3, {"widths": (8, 16, 16)}),
        ("fast_cnn", 1, 28, 3, {"widths": (8, 16, 16), "whitening": False}),
        ("vgg16", 3, 32, 3, {}),
        ("vgg19", 1, 28, 3, {"width": 8}),
        ("resnet18", 3, 32, 2, {}),
        ("resnet18", 3, 64, 3, {"width": 8}),
        ("torchvision", 3, 64, 3, {"architecture": "mobilenet_v3_small"}),
        ("torchvision", 3, 64, 2, {"architecture": "regnet_x_400mf"}),
    ],
)
def test_models_match_one_example_at_a_time_in_float64(name, in_channels, image_size, n, options):
    model = registry.load("models", name).build(10, in_channels, image_size, **options)
    images, labels = batch(n, in_channels, image_size)
    scores = grand.score(query(shaken(model), images, labels), micro_batch=3)
    np.testing.assert_allclose(scores, gradient_norms(model, images, labels), rtol=1e-4)


def test_softmax_regression_in_closed_form():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).eval()
    images, labels = batch(5, 1, 2, 3)
    error = model(images).softmax(1) - nn.functional.one_hot(labels, 3)
    expected = error.norm(dim=1) * (images.flatten(1).square().sum(1) + 1).sqrt()
    scores = grand.score(query(model, images, labels))
    np.testing.assert_allclose(scores, expected.detach(), rtol=1e-6)


def test_last_layer_counts_only_the_head():
    model = shaken(registry.load("models", "small_cnn").build(10, 1, 28))
    images, labels = batch(6, 1, 28)
    scores = grand.score(query(model, images, labels), parameters="last_layer")
    expected = gradient_norms(model, images, labels, list(model.head.parameters()))
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


CONVOLUTIONS = [
    {"kernel_size": 3, "padding": 1},
    {"kernel_size": 3, "padding": 1, "stride": 2, "bias": False},
    {"kernel_size": (3, 2), "padding": (2, 1), "stride": (1, 3), "dilation": (2, 1)},
    {"kernel_size": 1, "stride": 2},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": 3, "padding": "valid", "groups": 2},
    {"kernel_size": 3, "padding": 1, "groups": 6, "stride": 2},
    {"kernel_size": 3, "padding": 2, "padding_mode": "reflect"},
    {"kernel_size": 3, "padding": 1, "padding_mode": "circular"},
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("by_pixels", [True, False])
@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_convolutions_of_every_shape(options, by_pixels, monkeypatch):
    monkeypatch.setattr(convolution, "_plan", lambda *_: (by_pixels, 1))
    convolutions = nn.Conv2d(3, 6, 3, padding=1), nn.Conv2d(6, 6, **options)
    model = nn.Sequential(*convolutions, nn.ReLU(), nn.Flatten(), nn.LazyLinear(4)).double()
    images, labels = batch(5, 3, 9, 4)
    model.eval()(images.double())
    norms = GradientNorms(model)(images.double(), labels)
    np.testing.assert_allclose(norms, gradient_norms(model, images, labels), rtol=1e-10)


class Shared(nn.Module):
    """Uses a layer twice, ties a weight and has a parameter of its own."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 3, padding=1)
        self.norm = nn.LayerNorm([3, 6, 6])
        self.scale = nn.Parameter(torch.rand(3, 1, 1))
        self.unused = nn.Linear(2, 2)
        self.left, self.right = nn.Linear(108, 5), nn.Linear(108, 5)
        self.left.weight = self.right.weight
        self.head = nn.Linear(5, 4)

    def forward(self, images):
        maps = self.norm(self.inner(self.inner(images).relu())) * self.scale
        return self.head(self.left(maps.flatten(1)) * self.right(maps.flatten(1)))


def test_shared_own_and_unused_parameters_are_covered(caplog):
    model = Shared().eval()
    images, labels = batch(5, 3, 6, 4)
    with caplog.at_level("INFO"):
        scores = grand.score(query(model, images, labels))
    np.testing.assert_allclose(scores, gradient_norms(model, images, labels), rtol=1e-4)
    assert "inner.weight" in caplog.text
    assert "head.weight" not in caplog.text


def test_parameters_without_gradient_do_not_count():
    model = shaken(registry.load("models", "small_cnn").build(10, 1, 28))
    images, labels = batch(4, 1, 28)
    frozen = list(model.parameters())[:2]
    for parameter in frozen:
        parameter.requires_grad_(False)
    counted = [p for p in model.parameters() if p.requires_grad]
    scores = grand.score(query(model, images, labels))
    np.testing.assert_allclose(scores, gradient_norms(model, images, labels, counted), rtol=1e-4)


def test_the_model_is_left_as_it_was():
    model = shaken(registry.load("models", "small_cnn").build(10, 1, 28))
    images, labels = batch(4, 1, 28)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    grand.score(query(model, images, labels))
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())


def test_confident_examples_keep_their_digits():
    logits = torch.tensor([[30.0, 0.0, 0.0], [300.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    lengths, directions = error_directions(logits, torch.tensor([0, 0, 1]))
    small = math.exp(-30)
    expected = [math.sqrt(6) * small, math.sqrt(6) * math.exp(-300), math.sqrt(6) / 3]
    np.testing.assert_allclose(lengths, expected, rtol=1e-9)
    direction = torch.tensor([-2.0, 1.0, 1.0]) / math.sqrt(6)
    torch.testing.assert_close(directions[:2], direction.expand(2, 3))


def test_well_fitted_examples_in_a_model():
    model = shaken(registry.load("models", "small_cnn").build(4, 1, 28))
    model.head.weight.data *= 60
    images, _ = batch(32, 1, 28)
    labels = model(images).argmax(1)
    expected = gradient_norms(model, images, labels)
    assert expected.min() < 1e-6
    # logits of this size carry an absolute error that float32 cannot avoid
    np.testing.assert_allclose(grand.score(query(model, images, labels)), expected, rtol=1e-3)


class Mixing(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 3)

    def forward(self, images):
        features = images.flatten(1)
        return self.head(features - features.mean(0))


class Bypassing(nn.Module):
    """Uses a layer's weight beside calling the layer."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, images):
        features = images.flatten(1)
        return self.head(self.inner(features) + features @ self.inner.weight)


@pytest.mark.parametrize("model", [Mixing(), Bypassing()])
def test_models_that_break_the_assumptions_are_refused(model):
    with pytest.raises(ValueError, match="one example is"):
        grand.score(query(model.eval(), *batch(4, 1, 2, 3)))


def test_arguments_are_checked():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).eval()
    images, labels = batch(4, 1, 2, 3)
    with pytest.raises(ValueError, match="model must be in eval mode"):
        GradientNorms(model.train())
    with pytest.raises(ValueError, match="gradient of example 2 is not finite"):
        images[2] = torch.inf
        grand.score(query(model.eval(), images, labels))
    with pytest.raises(ValueError, match="parameters that require gradients, got none"):
        grand.score(query(model.requires_grad_(False), images, labels))


@pytest.mark.parametrize(
    ("n_classes", "labels", "message"),
    [
        (3, torch.tensor([0, 3]), r"labels must be in 0 \.\. 2, got 0 \.\. 3"),
        (3, torch.tensor([-1, 0]), r"labels must be in 0 \.\. 2, got -1 \.\. 0"),
        (3, torch.tensor([[0], [1]]), r"labels must be 2 whole numbers, got .* of shape \(2, 1\)"),
        (3, torch.tensor([0.0, 1.0]), r"labels must be 2 whole numbers, got torch\.float32"),
        (1, torch.tensor([0, 0]), r"logits must be \(B, K\) of K >= 2 classes, got \(2, 1\)"),
    ],
)
def test_labels_that_are_none_are_refused(n_classes, labels, message):
    model = torch.nn.Linear(4, n_classes)
    with pytest.raises(ValueError, match=message):
        grand.gradient_norms(model, [(torch.randn(2, 4), labels)])


def test_labels_of_bytes_are_labels():
    model, inputs, labels = torch.nn.Linear(4, 3), torch.randn(2, 4), torch.tensor([2, 0])
    found, expected = (
        grand.gradient_norms(model, [(inputs, kind)]) for kind in (labels.byte(), labels)
    )
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shuffle": True}, "loader must not shuffle"),
        ({"drop_last": True}, "loader must not drop the last batch"),
    ],
)
def test_loaders_of_other_examples_are_refused(options, message):
    loader = DataLoader(TensorDataset(torch.randn(5, 4), torch.zeros(5).long()), 2, **options)
    with pytest.raises(ValueError, match=message):
        grand.gradient_norms(torch.nn.Linear(4, 3), loader)


@pytest.mark.parametrize("batch", [{"x": torch.randn(2, 4)}, (torch.randn(2, 4),) * 3])
def test_batches_are_pairs(batch):
    with pytest.raises(ValueError, match="pairs of inputs and labels, got (dict|3 parts)"):
        grand.gradient_norms(torch.nn.Linear(4, 3), [batch])
