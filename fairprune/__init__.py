"""fairprune: data pruning that keeps every class.

Train a classifier on a part of its training set without ruining a class. Measure the recall of
each class on a validation split, and give the classes that fail more of the budget (MetriQ):

    recall = fairprune.class_recall(y_validation, predicted)
    kept = fairprune.prune(labels, density=0.3, recall=recall)

Keep examples by score, with or without such quotas:

    recorder = fairprune.Recorder(len(labels))     # update() in each batch, end_epoch() after
    scores = fairprune.scores.forgetting(recorder.record().train.correct)
    kept = fairprune.prune(labels, density=0.3, scores=scores, recall=recall)

Then measure fairness on the test set:

    fairprune.fairness(fairprune.class_recall(y_test, predicted))

What is here
------------
prune           indices to keep: at random or by score, with or without class quotas
closed_loop     indices to keep, with quotas found over rounds of training
scores          functions of arrays: el2n, forgetting, aum, coreset, gradient_norms, ...
Recorder        records what a training loop sees of each example per epoch, for the scores
QuotaSampler    a fresh subset in each epoch, within quotas, for a DataLoader
metriq, quotas  class densities from recalls, and whole numbers from class densities
class_recall    recall of each class, from labels and predictions
fairness        average, worst class, worst tenth, difference and deviation of recalls
export          an index set of the workflow as ids, links, copies or Parquet
load_model      a final model that the workflow kept
load_pruned     an index set of the workflow; load_pruned_ids gives its ids
load_published  a published index set, for a copy of the data set in any order

Words
-----
Letters mean the same everywhere: N examples, K classes, T epochs, B batch, S seeds, D dimensions
of an embedding. A *density* is the share of the training set kept; a *class density* is the share
of one class kept. A *quota* is the integer number of examples kept in a class. A *score* is one
number per example; examples with higher scores are kept first.

These functions do not need Snakemake, and take NumPy arrays, sequences, columns of DataFrames, and
torch tensors. Only gradient_norms, load_model, and load_pruned with a data set need torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fairprune.version import __version__

if TYPE_CHECKING:
    from fairprune import scores
    from fairprune.library.by_class import class_recall, fairness, metriq, quotas
    from fairprune.library.exporting import export
    from fairprune.library.index_sets import load_pruned, load_pruned_ids
    from fairprune.library.pruning import prune
    from fairprune.library.published import load_published
    from fairprune.library.recorder import Recorder
    from fairprune.library.rounds import closed_loop
    from fairprune.library.sampling import QuotaSampler
    from fairprune.library.weights import load_model

__all__ = [
    "QuotaSampler",
    "Recorder",
    "__version__",
    "class_recall",
    "closed_loop",
    "export",
    "fairness",
    "load_model",
    "load_pruned",
    "load_pruned_ids",
    "load_published",
    "metriq",
    "prune",
    "quotas",
    "scores",
]

# Modules are loaded on first use, because the workflow may be planned where NumPy is missing.
_PLACES = {
    "library.by_class": ("class_recall", "fairness", "metriq", "quotas"),
    "library.exporting": ("export",),
    "library.index_sets": ("load_pruned", "load_pruned_ids"),
    "library.pruning": ("prune",),
    "library.published": ("load_published",),
    "library.recorder": ("Recorder",),
    "library.rounds": ("closed_loop",),
    "library.sampling": ("QuotaSampler",),
    "library.weights": ("load_model",),
}


def __getattr__(name: str) -> Any:
    if name == "scores":
        return import_module("fairprune.scores")
    place = next((place for place, names in _PLACES.items() if name in names), None)
    if place is None:
        raise AttributeError(f"module 'fairprune' has no attribute {name!r}")
    return getattr(import_module(f"fairprune.{place}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
