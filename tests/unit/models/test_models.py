import math
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import nn

from fairprune import registry
from fairprune.models._zoo import Classifier, tried

OWN = ("vgg16", "vgg19", "resnet18", "small_cnn")


@pytest.fixture(autouse=True)
def _single_threaded():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def build(name, n_classes=10, in_channels=3, image_size=32, **options):
    return registry.load("models", name).build(n_classes, in_channels, image_size, **options)


def layers(model, kind):
    return [layer for layer in model.modules() if isinstance(layer, kind)]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(("in_channels", "image_size"), [(3, 32), (1, 28), (3, 64), (2, 9)])
def test_every_image_size_gives_logits_from_the_head(name, in_channels, image_size):
    model = build(name, 7, in_channels, image_size, width=4).eval()
    images = torch.randn(2, in_channels, image_size, image_size)
    caught = []
    model.head.register_forward_hook(lambda _, inputs, output: caught.append((inputs, output)))
    logits = model(images)
    (((embeddings,), output),) = caught
    assert logits.shape == (2, 7)
    assert logits is output
    assert embeddings.shape == (2, model.head.in_features)
    assert layers(model, nn.Linear)[-1] is model.head


@pytest.mark.parametrize(
    ("name", "n_convolutions", "n_parameters"),
    [("vgg16", 13, 14_728_266), ("vgg19", 16, 20_040_522), ("resnet18", 20, 11_173_962)],
)
def test_sizes_are_those_of_the_published_architectures(name, n_convolutions, n_parameters):
    model = build(name)
    biases = sum(layer.num_features for layer in layers(model, nn.BatchNorm2d))
    with_convolution_biases = {"vgg16": biases, "vgg19": biases, "resnet18": 0}[name]
    n = sum(p.numel() for p in model.parameters())
    # public counts of VGG with batch norm for CIFAR-10 include biases of the convolutions
    assert n + with_convolution_biases == n_parameters
    assert len(layers(model, nn.Conv2d)) == n_convolutions
    assert all(layer.bias is None for layer in layers(model, nn.Conv2d))
    assert model.head.in_features == 512


@pytest.mark.parametrize("name", OWN)
def test_initialisation_is_xavier_normal_with_gain_sqrt_2(name):
    model = build(name, n_classes=100)
    for layer in layers(model, nn.Conv2d | nn.Linear):
        receptive = math.prod(layer.weight.shape[2:])
        fans = receptive * (layer.weight.shape[0] + layer.weight.shape[1])
        expected = math.sqrt(2) * math.sqrt(2 / fans)
        tolerance = 5 / math.sqrt(2 * layer.weight.numel())
        assert layer.weight.std().item() == pytest.approx(expected, rel=tolerance)
    assert torch.all(model.head.bias == 0)


@pytest.mark.parametrize("name", OWN)
def test_the_default_generator_alone_decides_the_weights(name):
    torch.manual_seed(3)
    first = build(name, width=4).state_dict()
    torch.manual_seed(3)
    again = build(name, width=4).state_dict()
    other = build(name, width=4).state_dict()
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["head.weight"], other["head.weight"])


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_vgg_batch_norm_moves_by_one_percent(name):
    model = build(name, width=4)
    assert {layer.momentum for layer in layers(model, nn.BatchNorm2d)} == {0.01}
    images = torch.randn(8, 3, 32, 32)
    first = layers(model, nn.Conv2d)[0]
    model(images)
    expected = 0.01 * first(images).mean((0, 2, 3))
    torch.testing.assert_close(layers(model, nn.BatchNorm2d)[0].running_mean, expected)


@pytest.mark.parametrize(("name", "side"), [("vgg16", 1), ("resnet18", 4), ("small_cnn", 4)])
def test_last_maps_have_the_expected_resolution(name, side):
    model = build(name, width=4).eval()
    caught = []
    model.pool.register_forward_hook(lambda _, inputs, __: caught.append(inputs[0].shape[2:]))
    model(torch.zeros(1, 3, 32, 32))
    assert caught == [(side, side)]


@pytest.mark.parametrize("stride", [1, 2])
def test_residual_block_adds_a_strided_shortcut(stride):
    block = registry.load("models", "resnet18").Block(4, 8, stride).eval()
    maps = torch.randn(2, 4, 9, 9)
    convolution, norm = block.shortcut[-2:]
    shortcut = norm(nn.functional.conv2d(maps, convolution.weight, stride=stride))
    torch.testing.assert_close(block(maps), (block.residual(maps) + shortcut).relu())


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("argument", ["n_classes", "in_channels", "image_size", "width"])
def test_sizes_must_be_positive(name, argument):
    with pytest.raises(ValueError, match=rf"{argument} must be an integer .* got 0"):
        build(name, **{argument: 0})


def test_small_cnn_learns():
    torch.manual_seed(0)
    model = build("small_cnn", 2, 1, 8)
    images = torch.randn(64, 1, 8, 8)
    labels = (images.mean((1, 2, 3)) > 0).long()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, 0.9)
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
    assert np.mean((model.eval()(images).argmax(1) == labels).numpy()) > 0.9


@pytest.mark.parametrize(
    ("in_channels", "image_size", "side"), [(3, 32, 3), (1, 28, 3), (3, 64, 7), (2, 9, 1)]
)
def test_fast_cnn_takes_images_of_many_sizes(in_channels, image_size, side):
    model = build("fast_cnn", 7, in_channels, image_size, widths=(4, 8, 8)).eval()
    maps, logits = [], []
    model.pool.register_forward_hook(lambda _, inputs, __: maps.append(inputs[0].shape[1:]))
    model.head.register_forward_hook(lambda _, __, output: logits.append(output))
    found = model(torch.randn(2, in_channels, image_size, image_size))
    assert found is logits[0] and found.shape == (2, 7)
    assert maps == [(8, side, side)] and model.head.in_features == 8


def test_fast_cnn_has_the_published_layers():
    """The widths of Jordan 2024: 24 filters, then blocks of 64, 256 and 256 channels."""
    model = build("fast_cnn", widths=(64, 256, 256))
    convolutions = 9 * (24 * 64 + 64**2 + 64 * 256 + 3 * 256**2)
    norms, first, head = 2 * 2 * (64 + 256 + 256), 24 * 3 * 4 + 24, 256 * 10 + 10
    n = sum(p.numel() for p in model.parameters())
    assert n == first + convolutions + norms + head


def test_fast_cnn_whitens_patches():
    """Outputs of the first convolution on its own images: unit variance, no correlation."""
    torch.manual_seed(0)
    images = torch.randn(300, 3, 32, 32).cumsum(2).cumsum(3) / 30  # neighbours alike
    model = build("fast_cnn", widths=(4, 8, 8))
    model.prepare(images)
    maps = nn.functional.conv2d(images, model.stem.weight)[:, :12]  # (B, 12, 31, 31)
    rows = maps.transpose(0, 1).flatten(1)
    moments = rows @ rows.T / rows.shape[1]
    torch.testing.assert_close(moments, moments.diag().diag(), rtol=0, atol=1e-3)
    assert moments.diag().max() < 1.001 and moments.diag()[-1] > 0.99
    assert torch.equal(model.stem.weight[12:], -model.stem.weight[:12])
    assert not model.stem.weight.requires_grad and model.stem.bias.requires_grad


def test_fast_cnn_without_whitening_learns_its_first_filters():
    model = build("fast_cnn", widths=(4, 8, 8), whitening=False)
    before = model.stem.weight.clone()
    model.prepare(torch.randn(4, 3, 32, 32))
    assert torch.equal(model.stem.weight, before) and model.stem.weight.requires_grad


def test_fast_cnn_starts_with_identities():
    for layer in layers(build("fast_cnn", widths=(4, 8, 8)), nn.Conv2d)[1:]:
        n = min(layer.in_channels, layer.out_channels)
        maps = torch.randn(1, layer.in_channels, 5, 5)
        torch.testing.assert_close(layer(maps)[:, :n], maps[:, :n])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": (4, 8)}, "widths must be a list of 3 values, each an integer in"),
        ({"widths": [4, 8, 0]}, "widths must be a list of 3 values, each an integer in"),
        ({"image_size": 8}, "image_size must be an integer in .9, inf., got 8"),
        ({"n_classes": 0}, "n_classes must be an integer"),
    ],
)
def test_fast_cnn_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        build("fast_cnn", **options)


@pytest.mark.parametrize("in_channels", [1, 3])
def test_torchvision_by_name(in_channels):
    model = build("torchvision", 7, in_channels, 32, architecture="mobilenet_v3_small")
    assert model.training
    assert model.head is layers(model, nn.Linear)[-1]
    assert model.eval()(torch.zeros(2, in_channels, 32, 32)).shape == (2, 7)
    names = [name for name, _ in model.named_parameters()]
    assert list(model.state_dict())[-1] == names[-1], "the head is stored once"


def test_torchvision_replaces_a_head_of_another_size(monkeypatch):
    module = registry.load("models", "torchvision")
    original = module.zoo.get_model
    monkeypatch.setattr(module.zoo, "get_model", lambda name, weights: original(name, weights=None))
    model = module.build(7, 3, 32, architecture="mobilenet_v3_small", weights="DEFAULT")
    assert model.head.out_features == 7
    assert model.head.in_features == 1024


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"architecture": "moblenet_v3_small"},
            "architecture.* mean 'mobilenet_v3_small'",
        ),
        ({"architecture": "squeezenet1_1"}, "no linear layer"),
        ({"architecture": "googlenet", "init_weights": False}, "auxiliary outputs"),
        ({"architecture": "alexnet"}, "does not take images of shape"),
        ({"architecture": "resnet18", "widht": 2}, "does not take .*widht"),
        (
            {"architecture": "resnet18", "weights": "DEFAULT", "in_channels": 1},
            "in_channels must be 3 with weights='DEFAULT', got 1",
        ),
    ],
)
def test_torchvision_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        build("torchvision", **arguments)


def test_a_model_of_another_library_is_tried_before_it_is_trained():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    model = tried(Classifier(network, "1"), "mine", 3, in_channels=3, image_size=2)
    assert model.training and model.head is network[1]
    with pytest.raises(ValueError, match="'mine' gives outputs of shape .*1, 3"):
        tried(Classifier(network, "1"), "mine", 2, in_channels=3, image_size=2)


def test_names_that_torchvision_does_not_know_are_refused_without_building():
    module = registry.load("models", "torchvision")
    module.check_options(architecture="resnet18", weights="ResNet18_Weights.DEFAULT", progress=True)
    with pytest.raises(ValueError, match="unknown architecture 'resnet81'; known: .* mean 'resnet"):
        module.check_options(architecture="resnet81")
    with pytest.raises(ValueError, match="unknown weights 'V9' .*; known: IMAGENET1K_V1, DEFAULT"):
        module.check_options(architecture="resnet18", weights="V9")


def test_weights_that_cannot_be_downloaded_are_named(monkeypatch):
    module = registry.load("models", "torchvision")

    def no_network(*_, **__):
        raise URLError("Name or service not known")

    monkeypatch.setattr(module.zoo, "get_model", no_network)
    with pytest.raises(ValueError, match="weights 'DEFAULT' of 'resnet18' cannot be downloaded to"):
        module.build(7, 3, 32, architecture="resnet18", weights="DEFAULT")
