"""Show the learning curve of a running training in TensorBoard, if the user asks for it.

The environment variable ``FAIRPRUNE_TENSORBOARD`` names the folder for the event files, with a
subfolder for each training. No number depends on it, so setting it reruns nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fairprune._optional import needed

FOLDER = "FAIRPRUNE_TENSORBOARD"
SHOWN = ("loss", "learning_rate", "validation_accuracy", "worst_class_accuracy")


@contextmanager
def board(title: str, epoch: int) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Context that yields a function to show a row of the curve, which does nothing by default.

    Parameters
    ----------
    title : str
        Title of the training; its events go to the subfolder of this name.
    epoch : int
        Number of epochs already done. Later ones that an interrupted training showed are hidden;
        if none are done, the event files of an earlier training are removed.

    Raises
    ------
    ImportError
        If TensorBoard is asked for but not installed.
    """
    if not os.environ.get(FOLDER):
        yield lambda row: None
        return
    needed("tensorboard", "tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    folder = Path(os.environ[FOLDER]).expanduser() / title
    for earlier in folder.glob("events.out.tfevents.*") if epoch == 0 else ():
        earlier.unlink()

    def show(row: Mapping[str, Any]) -> None:
        for name in SHOWN:
            if row[name] is not None:
                writer.add_scalar(name, row[name], row["epoch"])
        writer.flush()

    with SummaryWriter(folder, purge_step=epoch + 1) as writer:
        yield show
