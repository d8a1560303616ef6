"""Recorders in the loops of Lightning and of Hugging Face, and models of timm, where installed."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import fairprune
from fairprune import registry
from fairprune.training.evaluation import Observation

N, K, D, T = 20, 3, 4, 3
GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(N, D, generator=GENERATOR)
Y = torch.arange(N) % K


class Rows(Dataset):
    def __len__(self):
        return N

    def __getitem__(self, i):
        return {"index": i, "x": X[i], "labels": Y[i]}


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(D, K)

    def forward(self, x, labels=None):
        logits = self.linear(x)
        loss = {} if labels is None else {"loss": nn.functional.cross_entropy(logits, labels)}
        return {**loss, "logits": logits}


def check(record, seen):
    """The record holds the logits that the model gave, epoch by epoch."""
    assert record.train.epochs.tolist() == list(range(1, T + 1))
    for epoch in range(T):
        observation = Observation(N, "cpu")
        for index, logits in seen[epoch]:
            observation.add(index, logits, Y[index])
        expected = observation.numpy()
        np.testing.assert_allclose(record.train.margin[epoch], expected["margin"], rtol=1e-5)
        np.testing.assert_array_equal(record.train.correct[epoch], expected["correct"])


def by_epoch(seen):
    batches = len(seen) // T
    return [seen[i * batches : (i + 1) * batches] for i in range(T)]


def test_lightning(tmp_path, caplog):
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    from fairprune.integrations.lightning import RecorderCallback

    seen = []

    class Module(lightning.LightningModule):
        def __init__(self, returned=("index", "logits", "labels")):
            super().__init__()
            self.model, self.returned = Linear(), returned

        def training_step(self, batch, _):
            outputs = self.model(batch["x"], batch["labels"])
            seen.append((batch["index"], outputs["logits"].detach().clone()))
            found = {**outputs, "logits": outputs["logits"].detach()}
            found |= {"index": batch["index"], "labels": batch["labels"]}
            return {"loss": found["loss"], **{key: found[key] for key in self.returned}}

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.5)

    def trainer(recorder, n_epochs, **options):
        return lightning.Trainer(
            **options,
            max_epochs=n_epochs, accelerator="cpu", callbacks=[RecorderCallback(recorder)],
            default_root_dir=tmp_path, logger=False, enable_progress_bar=False,
            enable_model_summary=False,
        )  # fmt: skip

    loader = DataLoader(Rows(), batch_size=6, shuffle=True)
    recorder = fairprune.Recorder(N)
    first = trainer(recorder, T - 1)
    first.fit(Module(), loader)
    first.save_checkpoint(tmp_path / "half.ckpt", weights_only=False)
    resumed = fairprune.Recorder(N)
    trainer(resumed, T).fit(Module(), loader, ckpt_path=tmp_path / "half.ckpt")
    check(resumed.record(), by_epoch(seen))

    class Validated(Module):
        def validation_step(self, batch, _, dataloader_idx):
            logits = self.model(batch["x"], batch["labels"])["logits"]
            index = {"index": batch["index"]} if dataloader_idx == 0 else {}
            return {"logits": logits, "labels": batch["labels"], **index}

    recorder, held_out = fairprune.Recorder(N, kl_step=True), DataLoader(Rows(), batch_size=7)
    model, often = Validated(), trainer(recorder, T, val_check_interval=0.25)
    often.validate(model, [held_out, held_out], verbose=False)
    with pytest.raises(ValueError, match="epoch 1 ends without an update"):
        recorder.end_epoch()
    often.fit(model, loader, [held_out, held_out])
    found = recorder.record()
    assert found.of_epochs("kl_step").shape == (T - 1, N)
    losses = -np.log(found.evaluation.probability[:, Y == 1]).mean(axis=1)  # the same examples
    np.testing.assert_allclose(found.of_epochs("validation_loss")[:, 1], losses, rtol=1e-5)

    short = fairprune.Recorder(N)
    trainer(short, -1, max_steps=6).fit(Module(), loader)  # an epoch and a half
    assert short.n_epochs == 1 and "stops inside epoch 2" in caplog.text

    with pytest.raises(ValueError, match="training_step must return .*; it lacks index"):
        trainer(fairprune.Recorder(N), 1).fit(Module(["logits", "labels"]), loader)


def test_the_trainer_of_hugging_face(tmp_path, caplog):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    from fairprune.integrations.huggingface import record

    seen = []

    class Seen(Linear):
        def forward(self, x, labels=None):
            outputs = super().forward(x, labels)
            if self.training:
                index = [int((row == X).all(1).nonzero()) for row in x]
                seen.append((torch.tensor(index), outputs["logits"].detach().clone()))
            return outputs

    def own_loss(outputs, labels, **_):
        return nn.functional.cross_entropy(outputs["logits"], labels, label_smoothing=0.1)

    def trainer(loss=None, **options):
        options = {"save_strategy": "no", **options}
        arguments = transformers.TrainingArguments(
            tmp_path, num_train_epochs=T, per_device_train_batch_size=6, use_cpu=True,
            report_to=[], disable_tqdm=True, eval_strategy="epoch", **options,
        )  # fmt: skip
        rows = {"train_dataset": Rows(), "eval_dataset": Rows()}
        return transformers.Trainer(Seen(), arguments, compute_loss_func=loss, **rows)

    recorder = fairprune.Recorder(N)
    ours = trainer(remove_unused_columns=False)
    record(ours, fairprune.Recorder(N))
    record(ours, recorder)  # as a cell of a notebook that runs again
    ours.train()
    check(recorder.record(), by_epoch(seen))

    smoothed = trainer(own_loss, remove_unused_columns=False)
    recorder = fairprune.Recorder(N)
    record(smoothed, recorder)
    seen.clear()
    smoothed.train()
    check(recorder.record(), by_epoch(seen))

    recorder = fairprune.Recorder(N)
    stopped = trainer(remove_unused_columns=False, max_steps=6, save_strategy="epoch")
    record(stopped, recorder)
    stopped.train()
    assert recorder.n_epochs == 1 and "stops inside epoch 2" in caplog.text
    resumed = trainer(remove_unused_columns=False)
    record(resumed, fairprune.Recorder(N))
    with pytest.raises(ValueError, match="goes on after 1 epochs, and the recorder has 0"):
        resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    record(resumed := trainer(remove_unused_columns=False), recorder)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-4"))
    assert recorder.record().train.epochs.tolist() == list(range(1, T + 1))

    dropped = trainer()
    record(dropped, fairprune.Recorder(N))
    with pytest.raises(ValueError, match="batches have no 'index'.*remove_unused_columns=False"):
        dropped.train()


@pytest.mark.parametrize("options", [{"architecture": "resnet10t"}, {
    "architecture": "vit_tiny_patch16_224", "patch_size": 8, "depth": 2}])  # fmt: skip
def test_models_of_timm(options, tmp_path):
    pytest.importorskip("timm", reason="timm is not installed")
    module = registry.load("models", "timm")
    model = module.build(K, 1, 32, **options).eval()
    images = torch.randn(2, 1, 32, 32)
    assert model(images).shape == (2, K) and model.get_submodule("head").out_features == K
    scores = fairprune.scores.gradient_norms(model, [(images, Y[:2])], parameters="last_layer")
    assert scores.shape == (2,) and (scores > 0).all()

    torch.save(model.network.state_dict(), tmp_path / "weights.pth")
    again = module.build(K, 1, 32, **options, weights=str(tmp_path / "weights.pth")).eval()
    features = [each.network.forward_features(images) for each in (again, model)]
    torch.testing.assert_close(*features)  # the classifier is another one
    with pytest.raises(ValueError, match="there is no file of weights .* `hf download timm/"):
        module.build(K, 1, 32, **options, weights="nowhere.pth")
    with pytest.raises(ValueError, match="unknown architecture 'resnet10'"):
        module.build(K, 1, 32, architecture="resnet10")


def test_what_is_missing_is_said_with_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(ImportError, match=r"timm is needed here: pip install 'fairprune\[timm\]'"):
        registry.load("models", "timm").build(K, 1, 32, architecture="resnet10t")


@pytest.mark.parametrize("options", [
    {"architecture": "vit", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
     "intermediate_size": 16, "patch_size": 8},
    {"architecture": "convnext", "hidden_sizes": [8] * 4, "depths": [1] * 4}])  # fmt: skip
def test_image_classifiers_of_transformers(options, tmp_path):
    pytest.importorskip("transformers", reason="transformers is not installed")
    module = registry.load("models", "huggingface")
    model = module.build(K, 1, 32, **options).eval()
    images = torch.randn(2, 1, 32, 32)
    assert model(images).shape == (2, K) and model.get_submodule("head").out_features == K
    scores = fairprune.scores.gradient_norms(model, [(images, Y[:2])], parameters="last_layer")
    assert scores.shape == (2,) and (scores > 0).all()

    model.network.save_pretrained(tmp_path / "weights")
    same = module.build(K, 1, 32, weights=str(tmp_path / "weights")).eval()
    torch.testing.assert_close(same(images), model(images))
    other = module.build(K + 2, 1, 32, weights=str(tmp_path / "weights"))
    assert other.head.out_features == K + 2
    with pytest.raises(ValueError, match="no weights 'google/none' .* `hf download google/none"):
        module.build(K, 1, 32, weights="google/none")
    with pytest.raises(ValueError, match="unknown architecture 'vitt'; .* did you mean 'vit'"):
        module.build(K, 1, 32, architecture="vitt")
    with pytest.raises(ValueError, match="does not take images of shape .1, 3, 32, 32."):
        module.build(K, 3, 32, weights=str(tmp_path / "weights"))
    with pytest.raises(ValueError, match="one of architecture and weights is needed"):
        module.build(K, 3, 32)
