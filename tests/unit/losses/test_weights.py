"""Class weights of a loss of one's own are checked before they weigh anything."""

import numpy as np
import pytest

from fairprune.losses import cross_entropy
from fairprune.training.loop import train
from tests.unit.training.test_loop import make_run


@pytest.mark.parametrize("weights", [[1, 1], [1, -1, 1], [1, np.nan, 1], [[1, 1, 1]]])
def test_weights_of_no_use_are_refused(weights, monkeypatch):
    monkeypatch.setattr(cross_entropy, "class_weights", lambda recall: weights)
    with pytest.raises(ValueError, match="loss 'cross_entropy': class_weights must give 3 finite"):
        train(make_run())
