import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from fairprune.storage import canonical
from fairprune.training.images import ImageSet, Shifts, batch_sizes

MEAN, STD = [0.1, 0.5, 0.9], [0.2, 0.3, 0.4]


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (20, 9, 7, 3), dtype=np.uint8)


def image_set(images, max_shift=0):
    return ImageSet(images, np.arange(len(images)), MEAN, STD, "cpu", max_shift)


def by_torchvision(images, index, shifts=None, pad=0):
    """One image at a time: pad with black, crop, flip, scale, normalise."""
    prepare = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
    result = []
    for place, i in enumerate(index):
        image = torch.from_numpy(images[i]).permute(2, 0, 1)
        if shifts is not None:
            image = v2.functional.pad(image, [pad] * 4)
            top, left = int(shifts.rows[place]), int(shifts.columns[place])
            image = v2.functional.crop(image, top, left, *images.shape[1:3])
            if shifts.flip[place]:
                image = v2.functional.horizontal_flip(image)
        result.append(prepare(image))
    return torch.stack(result)


def test_batches_are_normalised_like_torchvision(images):
    index = torch.tensor([3, 0, 19])
    expected = by_torchvision(images, index.tolist())
    torch.testing.assert_close(image_set(images).batch(index), expected)


@pytest.mark.parametrize("flip", [True, False])
def test_augmentation_is_pad_crop_flip(images, flip):
    shifts = Shifts.draw(20, 2, flip, torch.Generator().manual_seed(0))
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    expected = by_torchvision(images, order.tolist(), shifts, pad=2)
    torch.testing.assert_close(image_set(images, 2).batch(order, shifts), expected)


def test_batches_cover_the_order_with_their_own_shifts(images):
    data, order = image_set(images, 2), torch.randperm(20)
    shifts = Shifts.draw(20, 2, True, torch.Generator().manual_seed(0))
    parts = list(data.batches(order, batch_sizes(20, 8), shifts))
    assert torch.equal(torch.cat([index for index, _ in parts]), order)
    torch.testing.assert_close(torch.cat([x for _, x in parts]), data.batch(order, shifts))


def test_a_device_by_another_name_is_the_same(images):
    """``cpu:0`` and ``cpu`` are to PyTorch what ``cuda`` and ``cuda:0`` are: not equal."""
    data = ImageSet(images, np.arange(20), MEAN, STD, "cpu:0")
    ((_, batch),) = data.batches(torch.arange(20), [20])
    torch.testing.assert_close(batch, image_set(images).batch(torch.arange(20)))


def test_memory_mapped_images_give_the_same_batches(images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    index = torch.arange(20)
    torch.testing.assert_close(image_set(mapped).batch(index), image_set(images).batch(index))


def test_shifts_are_uniform_and_flips_fair():
    shifts = Shifts.draw(20_000, 4, True, torch.Generator().manual_seed(0))
    for offsets in (shifts.rows, shifts.columns):
        share = torch.bincount(offsets, minlength=9) / 20_000
        assert len(share) == 9 and (share - 1 / 9).abs().max() < 0.01
    assert abs(shifts.flip.float().mean() - 0.5) < 0.015


@pytest.mark.parametrize(
    ("n", "size", "expected"), [(8, 4, [4, 4]), (9, 4, [4, 5]), (11, 4, [4, 4, 3]), (1, 4, [1])]
)
def test_no_batch_of_one_unless_it_is_all(n, size, expected):
    assert batch_sizes(n, size) == expected


@pytest.mark.parametrize("shift", [0, 2])
def test_a_part_that_stays_on_the_disk_gives_the_batches_of_its_copy(tmp_path, shift):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (12, 6, 6, 3), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    rows, labels = np.array([1, 4, 5, 9, 11]), np.array([0, 1, 0, 1, 1])
    known = ([0.5] * 3, [0.25] * 3, "cpu", shift)
    copied, left = ImageSet(images[rows], labels, *known), ImageSet(mapped, labels, *known, rows)
    order = torch.tensor([3, 0, 4, 1, 2])
    shifts = Shifts.draw(5, shift, True, torch.Generator().manual_seed(0)) if shift else None
    assert len(left) == 5
    pairs = zip(
        copied.batches(order, [3, 2], shifts), left.batches(order, [3, 2], shifts), strict=True
    )
    for (index, expected), (same_index, found) in pairs:
        assert torch.equal(index, same_index) and torch.equal(expected, found)


def test_images_far_larger_than_the_memory_are_mapped(tmp_path):
    """A private map that could be written to counts as memory: Linux refuses this one."""
    shape = (1 << 24, 224, 224, 3)  # 2.3 TiB, of which the file has none
    np.lib.format.open_memmap(tmp_path / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    mapped, rows = np.load(tmp_path / "images.npy", mmap_mode="r"), np.array([7, 1 << 23])
    data = ImageSet(mapped, np.array([0, 1]), MEAN, STD, "cpu", rows=rows)
    black = -torch.tensor(MEAN) / torch.tensor(STD)
    torch.testing.assert_close(data.batch(torch.tensor([1]))[0, :, 3, 5], black)


@pytest.mark.parametrize("shift", [0, 2])
def test_a_part_that_fits_on_a_device_lies_there_in_its_order(images, monkeypatch, shift):
    """``meta`` stands for a device, and this copy of it keeps what is written there."""
    rows, labels = np.array([9, 2, 14]), np.arange(3)
    monkeypatch.setattr(canonical, "_CHUNK_BYTES", 2 * images[0].nbytes)  # two chunks
    written = np.zeros((3, 9 + 2 * shift, 7 + 2 * shift, 3), np.uint8)
    monkeypatch.setattr(torch, "zeros", lambda *_, **__: torch.from_numpy(written))
    ImageSet(images, labels, MEAN, STD, "meta", shift, rows)
    inner = written[:, shift : shift + 9, shift : shift + 7]
    np.testing.assert_array_equal(inner, images[rows])
    assert written.sum(dtype=int) == inner.sum(dtype=int)
