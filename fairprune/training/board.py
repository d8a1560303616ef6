"""The learning curve of a training while it runs, for TensorBoard, where the user asks for it.

``FAIRPRUNE_TENSORBOARD`` is the folder of the event files, one folder in it for each training. It
is no part of a study: no number depends on it, and nothing runs again.
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
    """A function that shows a row of the curve; it does nothing where nobody asked.

    Parameters
    ----------
    title : str
        Of the training, whose events lie in the folder of this name.
    epoch : int
        Epochs that are there already. What an interrupted training showed after them is hidden, and
        all that an earlier one showed is removed if there are none.

    Raises
    ------
    ImportError
        If TensorBoard is asked for, and not installed.
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
