"""Fill a recorder from Lightning's training loop.

    recorder = fairprune.Recorder(len(dataset))
    trainer = lightning.Trainer(callbacks=[RecorderCallback(recorder)])

``training_step`` must return what is recorded, along with the loss:

    return {"loss": loss, "index": index, "logits": logits.detach(), "labels": labels}

``validation_step`` may return a dict with ``logits`` and ``labels`` of validation examples, which
``cld`` needs. With ``index`` as well, they are of training examples, and give the evaluation view.

Needs ``pip install 'fairprune[lightning]'``. Train in a single process: each of several would
record only its own examples.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback
from lightning_utilities.core.apply_func import apply_to_collection

from fairprune.library.recorder import Recorder

log = logging.getLogger(__name__)

_KEYS = ("index", "logits", "labels")


class RecorderCallback(Callback):
    """Record each training batch, end the epochs, and save the recorder in checkpoints.

    Parameters
    ----------
    recorder : Recorder
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record what ``training_step`` returned."""
        missing = [key for key in _KEYS if not isinstance(outputs, dict) or key not in outputs]
        if missing:
            raise ValueError(
                "training_step must return a dict with loss, index, logits and labels, to be "
                f"recorded; it lacks {', '.join(missing)}"
            )
        self.recorder.update(*(outputs[key] for key in _KEYS))

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Drop an earlier validation of the same epoch; the last one counts."""
        if _is_recorded(trainer):
            self.recorder.drop_validation()

    def on_validation_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Record what ``validation_step`` returned, if it is a dict with ``logits``."""
        if not _is_recorded(trainer) or not isinstance(outputs, dict) or "logits" not in outputs:
            return
        if "index" in outputs:
            self.recorder.update(*(outputs[key] for key in _KEYS), view="evaluation")
        else:
            self.recorder.update_validation(outputs["logits"], outputs["labels"])

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """End the epoch, or drop it if the training stops inside it."""
        if trainer.is_last_batch:
            self.recorder.end_epoch()
        else:
            log.warning("training stops inside epoch %d: not recorded", self.recorder.n_epochs + 1)
            self.recorder.drop_epoch()

    def state_dict(self) -> dict[str, Any]:
        """Return the state for a checkpoint, as tensors: Lightning does not load NumPy arrays."""
        return apply_to_collection(self.recorder.state_dict(), np.ndarray, torch.from_numpy)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the recorder from a checkpoint."""
        arrays = apply_to_collection(state_dict, torch.Tensor, lambda tensor: tensor.cpu().numpy())
        self.recorder.load_state_dict(arrays)


def _is_recorded(trainer: Any) -> bool:
    """Whether a validation is part of a training, and not the sanity check before it."""
    return trainer.state.fn == "fit" and not trainer.sanity_checking
