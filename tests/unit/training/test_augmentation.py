"""RandAugment and random erasing in the training loop."""

import numpy as np
import torch
from torchvision import transforms

from fairprune.training.augmentation import augmentation
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


def test_batches_are_augmented_before_they_are_normalised():
    images = ImageSet(IMAGES, np.zeros(6, int), [0.5] * 3, [0.25] * 3, "cpu")
    order, black = torch.arange(6), lambda batch: torch.zeros_like(batch)
    for _, batch in images.batches(order, [2, 4], augment=black):
        assert batch.shape[1:] == (3, 8, 8) and torch.equal(batch, torch.full_like(batch, -2))
