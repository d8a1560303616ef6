"""A recorder in Lightning's loop.

    recorder = fairprune.Recorder(len(dataset))
    trainer = lightning.Trainer(callbacks=[RecorderCallback(recorder)])

``training_step`` returns what is recorded beside the loss:

    return {"loss": loss, "index": index, "logits": logits.detach(), "labels": labels}

``validation_step`` may return a dict with ``logits`` and ``labels``: of validation examples, for
``cld``, or with ``index`` too of training examples, which are then the evaluation view.

Needs ``pip install 'fairprune[lightning]'``. One process trains: each of several would record its
part of the examples alone.
"""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback

from fairprune.library.recorder import Recorder

_KEYS = ("index", "logits", "labels")


class RecorderCallback(Callback):
    """Enters each training batch, ends the epochs, and goes into checkpoints.

    Parameters
    ----------
    recorder : Recorder
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Take what ``training_step`` returned."""
        missing = [key for key in _KEYS if not isinstance(outputs, dict) or key not in outputs]
        if missing:
            raise ValueError(
                "training_step must return a dict with loss, index, logits and labels, to be "
                f"recorded; it lacks {', '.join(missing)}"
            )
        self.recorder.update(*(outputs[key] for key in _KEYS))

    def on_validation_batch_end(
        self,
        trainer: Any,
        pl_module: Any,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Take what ``validation_step`` returned, if it is for a recorder."""
        if trainer.sanity_checking or not isinstance(outputs, dict) or "logits" not in outputs:
            return
        if "index" in outputs:
            self.recorder.update(*(outputs[key] for key in _KEYS), view="evaluation")
        else:
            self.recorder.update_validation(outputs["logits"], outputs["labels"])

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Close the epoch."""
        self.recorder.end_epoch()

    def state_dict(self) -> dict[str, Any]:
        """What goes into a checkpoint."""
        return self.recorder.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.recorder.load_state_dict(state_dict)
