"""Fairness metrics: five numbers that summarise per-class recalls.

    average accuracy        sum_k n_k r_k / sum_k n_k
    worst-class accuracy    min_k r_k
    worst-tenth accuracy    mean of the ceil(K / 10) smallest r_k
    difference              max_k r_k - min_k r_k
    standard deviation      sqrt(mean_k (r_k - mean r)^2)

The average accuracy is the share of test examples classified correctly. On a balanced test set it
is the mean of the recalls; for any other, pass the class sizes ``n_k``. The standard deviation
describes the K recalls at hand (divisor K, not K - 1) and gives each class the same weight.

The smallest of many measured recalls is partly due to bad luck with its test examples. The worst
tenth averages over several classes and suffers less; with up to ten classes it is the worst class.

A class without test examples has no recall. If the class sizes are given, it is left out of all
metrics, whatever value stands in its place; if they are not, every class counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_classes, as_integers, as_label_array, as_vector

# functions of recalls (..., K) and numbers of test examples (K,)
STATISTICS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "average_accuracy": lambda recall, n_test: recall @ n_test / n_test.sum(),
    "worst_class_accuracy": lambda recall, n_test: recall.min(-1),
    "worst_tenth_accuracy": lambda recall, n_test: _worst_tenth(recall).mean(-1),
    "difference": lambda recall, n_test: recall.max(-1) - recall.min(-1),
    "standard_deviation": lambda recall, n_test: recall.std(-1),
}


def fairness(recall: ArrayLike, *, n_test: ArrayLike | None = None) -> dict[str, float]:
    """Average, worst-class and worst-tenth accuracy, difference and standard deviation.

    Parameters
    ----------
    recall : array_like of shape (K,)
        Recalls of the classes, in [0, 1]. A class without test examples may have NaN or any
        number, but ``n_test`` must then be 0 for it.
    n_test : array_like of shape (K,), optional
        Test examples per class, for the average accuracy; classes with 0 are left out. By
        default the test set is taken to be balanced.

    Returns
    -------
    dict of str to float
        ``average_accuracy``, ``worst_class_accuracy``, ``worst_tenth_accuracy``,
        ``difference``, ``standard_deviation``.

    Examples
    --------
    >>> fairness([1.0, 0.5, 0.75, 0.75])["difference"]
    0.5
    >>> fairness([1.0, 0.5], n_test=[30, 10])["average_accuracy"]
    0.875
    >>> fairness([1.0, 0.0, 0.5], n_test=[30, 0, 10])["worst_class_accuracy"]
    0.5
    """
    if n_test is None:
        recall = _recalls(recall)
        n_test = np.ones(len(recall))
    else:
        recall, n_test = _tested(recall, n_test)
    return {name: float(of(recall, n_test)) for name, of in STATISTICS.items()}


def class_recall(
    y_true: ArrayLike, y_pred: ArrayLike, *, classes: ArrayLike | None = None
) -> np.ndarray:
    """Recall of each class: the share of its examples that are classified correctly.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        Class of each validation example: 0 to K - 1, or names.
    y_pred : array_like of shape (n,)
        Predicted class of each.
    classes : array_like, optional
        Further classes, such as the labels of the training set. Without them, a named class that
        occurs in neither array is left out of the result, and the classes after it move up.

    Returns
    -------
    ndarray of shape (K,), float64
        In [0, 1]; NaN for a class without examples. Named classes are sorted by name.

    Examples
    --------
    >>> class_recall([0, 0, 1, 1], [0, 1, 1, 1])
    array([0.5, 1. ])
    >>> class_recall(["dog"], ["dog"], classes=["cat", "dog"])
    array([nan,  1.])
    """
    true, predicted = as_label_array("y_true", y_true), as_label_array("y_pred", y_pred)
    if true.ndim != 1 or true.shape != predicted.shape or not len(true):
        raise ValueError(
            "y_true and y_pred must be one-dimensional, of one length and not empty, got shapes "
            f"{true.shape} and {predicted.shape}"
        )
    given = {"y_true": true, "y_pred": predicted}
    given |= {} if classes is None else {"classes": as_label_array("classes", classes)}
    names_of = {name: as_classes(each, name=name)[1] for name, each in given.items()}
    names = tuple(sorted(set().union(*names_of.values())))
    if names and not all(names_of.values()):
        kinds = ", ".join(f"{n} {'text' if each else 'numbers'}" for n, each in names_of.items())
        raise ValueError(f"the classes must all be text or all be numbers, got {kinds}")
    codes = [as_classes(each, names)[0] for each in given.values()]
    labels, predicted = codes[:2]
    n_classes = len(names) or int(max(each.max() for each in codes)) + 1
    n_correct, n = count_correct(labels == predicted, labels, n_classes)
    return np.divide(n_correct, n, out=np.full(n_classes, np.nan), where=n > 0)


def worst_tenth(n_classes: int) -> int:
    """Number of classes in the worst tenth, rounded up.

    Examples
    --------
    >>> worst_tenth(10), worst_tenth(100), worst_tenth(101)
    (1, 10, 11)
    """
    return -(-n_classes // 10)


def _worst_tenth(recall: np.ndarray) -> np.ndarray:
    return np.sort(recall)[..., : worst_tenth(recall.shape[-1])]


def worst_class(recall: object) -> int:
    """Class with the smallest recall, ties to the smaller class index."""
    return int(_recalls(recall).argmin())


def _tested(recall: object, n_test: object) -> tuple[np.ndarray, np.ndarray]:
    """Recalls and sizes of the classes that have test examples."""
    recall = as_vector("recall", recall, allow_nan=True, per_class=True)
    n_test = as_integers("n_test", n_test, length=len(recall), minimum=0, per_class=True)
    tested = n_test > 0
    if len(recall) and not tested.any():
        raise ValueError("n_test must hold at least one example, got 0 in all classes")
    unknown = np.flatnonzero(tested & np.isnan(recall))
    if len(unknown):
        k = unknown[0]
        raise ValueError(f"recall[{k}] is NaN, but class {k} has {n_test[k]} test examples")
    return _recalls(recall[tested]), n_test[tested]


def _recalls(recall: object) -> np.ndarray:
    recall = as_vector("recall", recall, minimum=0, maximum=1, allow_nan=True, per_class=True)
    if np.isnan(recall).any():
        k = int(np.argmax(np.isnan(recall)))
        raise ValueError(f"recall[{k}] is NaN; if class {k} has no test examples, say so by n_test")
    if len(recall) == 0:
        raise ValueError("recall must hold at least one class")
    return recall


def count_correct(
    correct: np.ndarray, labels: np.ndarray, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Correct examples and all examples of each class (or group).

    Parameters
    ----------
    correct : ndarray of shape (N,), bool
    labels : ndarray of shape (N,), int64
    n_classes : int

    Returns
    -------
    n_correct, n_examples : ndarray of shape (K,), int64
    """
    n_correct = np.bincount(labels[correct], minlength=n_classes)
    return n_correct, np.bincount(labels, minlength=n_classes)


def recalls(n_correct: np.ndarray, n_examples: np.ndarray) -> list[float | None]:
    """Recall of each class (or group); None for one without examples.

    Examples
    --------
    >>> recalls(np.array([1, 0]), np.array([4, 0]))
    [0.25, None]
    """
    pairs = zip(n_correct.tolist(), n_examples.tolist(), strict=True)
    return [correct / n if n else None for correct, n in pairs]
