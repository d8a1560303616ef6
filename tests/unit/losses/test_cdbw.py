"""Class weights from validation recalls, of the last epoch or smoothed over epochs."""

import numpy as np
import pytest

from fairprune.losses.cdbw import class_weights

RECALLS = np.array([[0.5, 0.0], [1.0, 0.5], [0.0, 0.5]])  # three epochs, two classes


def test_the_authors_rule_looks_at_the_last_epoch_alone():
    np.testing.assert_array_equal(class_weights(RECALLS), [1.0, 0.5])
    np.testing.assert_array_equal(class_weights(RECALLS[:2], tau=2.0), [0.0, 0.25])
    np.testing.assert_array_equal(class_weights(RECALLS), class_weights(RECALLS[-1:]))


def test_smoothed_recalls_by_hand():
    # 0.5, then 0.75 * 0.5 + 0.25 * 1 = 0.625, then 0.75 * 0.625 = 0.46875; 0, 0.125, 0.21875
    expected = [[0.5, 1.0], [0.375, 0.875], [0.53125, 0.78125]]
    for n_epochs, weights in enumerate(expected, start=1):
        found = class_weights(RECALLS[:n_epochs], smoothing=0.75)
        np.testing.assert_allclose(found, weights)
    np.testing.assert_allclose(class_weights(RECALLS, smoothing=0.75, tau=0.5), np.sqrt(weights))


def test_no_class_is_dropped_for_one_good_epoch():
    assert class_weights(RECALLS[:2])[0] == 0
    assert class_weights(RECALLS[:2], smoothing=0.8)[0] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tau": -1.0}, "tau must be a number in .0, inf., got -1.0"),
        ({"smoothing": 1.0}, r"smoothing must be a number in \[0, 1\), got 1.0"),
        ({"smoothing": -0.1}, r"smoothing must be a number in \[0, 1\), got -0.1"),
    ],
)
def test_bad_options_are_refused_before_there_are_recalls(options, message):
    with pytest.raises(ValueError, match=message):
        class_weights(None, **options)


def test_a_missing_recall_is_refused():
    with pytest.raises(ValueError, match="class 1 has no validation examples; CDB-W needs"):
        class_weights(np.array([[0.5, np.nan]]))
