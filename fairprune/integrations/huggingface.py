"""Fill a recorder from the Trainer of Hugging Face's transformers.

    recorder = fairprune.Recorder(len(dataset))
    trainer = Trainer(model, args, train_dataset=dataset)
    record(trainer, recorder)
    trainer.train()

Each example needs a key ``index``, its position in the training set, beside ``labels``. The
training arguments need ``remove_unused_columns=False``, or the Trainer drops that key. Needs
``pip install 'fairprune[huggingface]'``. Train in a single process: each of several would record
only its own examples.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from transformers import Trainer, TrainerCallback

from fairprune.library.recorder import Recorder

log = logging.getLogger(__name__)


class _EndOfEpochs(TrainerCallback):
    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step and state.epoch != self.recorder.n_epochs:
            raise ValueError(
                f"the training goes on after {state.epoch:g} epochs, and the recorder has "
                f"{self.recorder.n_epochs}: save its state_dict() with each checkpoint, at the end "
                "of an epoch, and load_state_dict() before training"
            )

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if control.should_training_stop and not float(state.epoch).is_integer():
            log.warning("training stops inside epoch %d: not recorded", self.recorder.n_epochs + 1)
            self.recorder.drop_epoch()
        else:
            self.recorder.end_epoch()


def record(trainer: Trainer, recorder: Recorder, *, index_key: str = "index") -> None:
    """Make a Trainer record its training batches, and end the recorder's epochs.

    Parameters
    ----------
    trainer : Trainer
        Its ``compute_loss`` is wrapped, so that the model does not see ``index_key``. The recorder
        of an earlier call is replaced.
    recorder : Recorder
    index_key : str, default="index"
        Key of each batch that holds the positions in the training set.

    Raises
    ------
    ValueError
        During training, if a batch lacks this key.
    """
    compute_loss = getattr(trainer.compute_loss, "recorded", trainer.compute_loss)

    def recording(
        model: Any, inputs: dict[str, Any], return_outputs: bool = False, **options: Any
    ) -> Any:
        inputs = dict(inputs)
        index = inputs.pop(index_key, None)
        labels: Any = inputs.get("labels")  # the Trainer removes them for a loss of its own
        loss, outputs = compute_loss(model, inputs, return_outputs=True, **options)
        if model.training:
            if index is None:
                raise ValueError(
                    f"batches have no {index_key!r}: each example needs it, and the arguments "
                    "remove_unused_columns=False"
                )
            logits = outputs["logits"] if isinstance(outputs, Mapping) else outputs[1]
            recorder.update(index, logits, labels)
        return (loss, outputs) if return_outputs else loss

    recording.recorded = compute_loss  # type: ignore[attr-defined]
    trainer.compute_loss = recording
    trainer.remove_callback(_EndOfEpochs)
    trainer.add_callback(_EndOfEpochs(recorder))
