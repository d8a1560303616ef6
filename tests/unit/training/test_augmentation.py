"""Random resized crops, RandAugment and random erasing in the training loop."""

import numpy as np
import pytest
import torch
from torchvision import transforms
from torchvision.transforms.v2.functional import resized_crop

from fairprune.training.augmentation import augmentation, draw_boxes, resized
from fairprune.training.images import ImageSet
from fairprune.training.settings import Settings

IMAGES = np.random.default_rng(0).integers(1, 256, (6, 8, 8, 3), dtype=np.uint8)


def settings(**options):
    return Settings(batch_size=2, learning_rate=0.1, **options)


def test_each_image_is_changed_by_torchvision_with_draws_of_its_own():
    augment = augmentation(settings(rand_augment={"num_ops": 2, "magnitude": 9}))
    images = torch.from_numpy(np.repeat(IMAGES[:1], 6, 0))
    torch.manual_seed(1)
    changed = augment(images)
    assert changed.shape == images.shape and changed.dtype == torch.uint8
    assert len({image.numpy().tobytes() for image in changed}) > 1
    torch.manual_seed(1)
    reference = transforms.RandAugment(num_ops=2, magnitude=9)
    expected = [reference(image.permute(2, 0, 1)).permute(1, 2, 0) for image in images]
    assert torch.equal(changed, torch.stack(expected))


def test_erasing_blackens_a_rectangle_of_as_many_images_as_asked_for():
    torch.manual_seed(0)
    assert augmentation(settings()) is None
    everywhere = augmentation(settings(erasing=1.0))(torch.from_numpy(IMAGES))
    is_black = (everywhere == 0).all(3)
    assert is_black.flatten(1).any(1).all() and not is_black.flatten(1).all(1).any()
    kept = torch.from_numpy(IMAGES)[~is_black]
    assert torch.equal(everywhere[~is_black], kept)


@pytest.mark.parametrize("sides", [(9, 12), (224, 224)])
def test_a_batch_is_cropped_and_resized_like_each_image_by_torchvision(sides):
    generator = np.random.default_rng(0)
    images = torch.from_numpy(generator.integers(0, 256, (6, *sides, 3), dtype=np.uint8))
    torch.manual_seed(0)
    boxes = draw_boxes(6, *sides, 0.08)
    expected = [
        resized_crop(image.permute(2, 0, 1).float(), *box, list(sides), antialias=False)
        for image, box in zip(images, boxes.tolist(), strict=True)
    ]
    found = resized(images, boxes)
    assert found.dtype == torch.uint8 and len(torch.unique(boxes, dim=0)) == 6
    exact = torch.stack(expected).permute(0, 2, 3, 1)
    assert (found - exact).abs().max() <= 0.51  # rounded to a whole grey level


@pytest.mark.parametrize(("height", "width"), [(60, 60), (40, 90), (90, 30)])
def test_crops_are_drawn_as_by_torchvision(height, width):
    torch.manual_seed(0)
    boxes = draw_boxes(4000, height, width, 0.08).double()
    image = torch.zeros(3, height, width)
    draw = transforms.RandomResizedCrop.get_params
    reference = torch.tensor(
        [draw(image, [0.08, 1.0], [3 / 4, 4 / 3]) for _ in range(4000)]
    ).double()
    for q in (0.05, 0.5, 0.95):
        quantiles = boxes.quantile(q, 0), reference.quantile(q, 0)
        torch.testing.assert_close(*quantiles, atol=2.5, rtol=0)
    ratios = boxes[:, 3] / boxes[:, 2]  # of whole pixels
    expected = reference[:, 3] / reference[:, 2]
    for q in (0.01, 0.99):
        torch.testing.assert_close(ratios.quantile(q), expected.quantile(q), rtol=0.02, atol=0)
    assert boxes.min() >= 0 and (boxes[:, 0] + boxes[:, 2]).max() == height
    assert (boxes[:, 1] + boxes[:, 3]).max() <= width
    torch.testing.assert_close(
        boxes[:, 2:].prod(1).mean(), reference[:, 2:].prod(1).mean(), rtol=0.03, atol=0
    )


def test_crops_come_before_the_other_changes_by_seeded_draws():
    both = augmentation(settings(random_resized_crop=0.3, erasing=1.0))
    torch.manual_seed(1)
    found = both(torch.from_numpy(IMAGES))
    torch.manual_seed(1)
    parts = augmentation(settings(random_resized_crop=0.3))(torch.from_numpy(IMAGES))
    assert not torch.equal(parts, torch.from_numpy(IMAGES))
    assert torch.equal(found, augmentation(settings(erasing=1.0))(parts))
    assert torch.equal(
        augmentation(settings(random_resized_crop=1.0))(parts[:, :6, :6]), parts[:, :6, :6]
    )


def test_batches_are_augmented_before_they_are_normalised():
    images = ImageSet(IMAGES, np.zeros(6, int), [0.5] * 3, [0.25] * 3, "cpu")
    order, black = torch.arange(6), lambda batch: torch.zeros_like(batch)
    for _, batch in images.batches(order, [2, 4], augment=black):
        assert batch.shape[1:] == (3, 8, 8) and torch.equal(batch, torch.full_like(batch, -2))
