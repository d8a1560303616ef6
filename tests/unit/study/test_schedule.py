from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fairprune.study.schedule import Schedule


@pytest.mark.parametrize(
    ("density", "epochs", "drops"),
    # (0.5 + 0.5 d) E / d for E = 160: at 0.1 it is 0.55 * 1600 = 880, at 0.3 0.65 / 0.3 * 160
    # = 346.67, at 0.7 0.85 / 0.7 * 160 = 194.29. Drops 80 and 120 times the whole epochs over
    # 160: 120 * 346 / 160 = 259.5. At 0.4 floats give 279.
    [
        (0.1, 880, (440, 660)),
        (0.3, 346, (173, 259)),
        (0.4, 280, (140, 210)),
        (0.7, 194, (97, 145)),
        (1.0, 160, (80, 120)),
    ],
)
def test_steps_rule_of_the_authors_code(density, epochs, drops):
    assert Schedule(160, (80, 120)).at_density(density) == Schedule(epochs, drops)


def test_fixed_rule_changes_nothing():
    schedule = Schedule(160, (80, 120))
    assert schedule.at_density(0.1, "fixed") is schedule


def test_learning_rate_drops_after_the_drop_epochs():
    schedule = Schedule(6, (2, 4), drop_factor=0.2)
    rates = [schedule.learning_rates(epoch, 2, 0.1) for epoch in range(1, 7)]
    expected = [0.1, 0.1, 0.02, 0.02, 0.004, 0.004]
    assert rates == [pytest.approx([rate, rate]) for rate in expected]


def test_one_cycle_rises_and_falls_step_by_step():
    """Five steps in each of four epochs: up in the first, then down to a tenth of the peak."""
    schedule = Schedule(4, shape="one_cycle", warmup_share=0.25, final_share=0.1)
    rates = [rate for epoch in range(1, 5) for rate in schedule.learning_rates(epoch, 5, 2.0)]
    middles = (np.arange(20) + 0.5) / 20
    expected = np.interp(middles, [0, 0.25, 1], [0, 2.0, 0.2])
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize(("warmup_share", "ends"), [(0, (0.75, 0.25)), (1, (0.25, 0.75))])
def test_one_cycle_without_one_of_its_sides(warmup_share, ends):
    schedule = Schedule(1, shape="one_cycle", warmup_share=warmup_share)
    assert schedule.learning_rates(1, 2, 1.0) == pytest.approx(ends)


def test_one_cycle_is_stretched_for_smaller_sets():
    schedule = Schedule(10, shape="one_cycle", warmup_share=0.3, final_share=0.05)
    assert schedule.at_density(0.5) == replace(schedule, epochs=15)


def test_a_schedule_is_read_from_the_training_entry():
    training = {"epochs": 9, "drops": [3], "epochs_rule": "steps", "batch_size": 8}
    assert Schedule.of(training) == Schedule(9, (3,))
    training |= {"schedule": "one_cycle", "drop_factor": 0.5, "warmup_share": 0.1}
    assert Schedule.of(training) == Schedule(9, (3,), 0.5, "one_cycle", 0.1)


def test_a_short_training_begins_at_the_full_learning_rate():
    short = Schedule(12, (4, 8)).scaled(Fraction("0.2"))
    assert short == Schedule(2, (1, 1))
    assert short.learning_rates(1, 1, 0.1) == [0.1]
    assert Schedule(160, (80, 120)).scaled(Fraction("0.2")) == Schedule(32, (16, 24))


def test_cosine_rises_as_one_cycle_does_and_falls_along_a_cosine():
    cosine = Schedule(4, shape="cosine", warmup_share=0.25, final_share=0.1)
    cycle = Schedule(4, shape="one_cycle", warmup_share=0.25, final_share=0.1)
    assert cosine.learning_rates(1, 5, 2.0) == cycle.learning_rates(1, 5, 2.0)
    rates = [rate for epoch in range(2, 5) for rate in cosine.learning_rates(epoch, 5, 2.0)]
    expected = 0.2 + 1.8 * (1 + np.cos(np.pi * (np.arange(15) + 0.5) / 15)) / 2
    np.testing.assert_allclose(rates, expected)
