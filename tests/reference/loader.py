"""The usual loop over images: a DataLoader whose data set transforms one PIL image at a time."""

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms


class Images(Dataset):
    """Labelled images, each shifted, flipped and normalised when it is asked for."""

    def __init__(self, images, labels, mean, std, max_shift):
        self.images, self.labels = images, labels
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(images.shape[1], padding=max_shift),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(mean, std),
            ]
        )

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = Image.fromarray(np.squeeze(self.images[index]))
        return self.transform(image), int(self.labels[index])


def loader(images, labels, mean, std, max_shift, batch_size):
    """Shuffled batches of images (N, H, W, C), uint8, without worker processes."""
    data = Images(images, labels, mean, std, max_shift)
    return DataLoader(data, batch_size, shuffle=True, generator=torch.Generator().manual_seed(0))
