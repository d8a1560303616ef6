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
    rates = [Schedule(6, (2, 4)).learning_rate(epoch, 0.1, 0.2) for epoch in range(1, 7)]
    assert rates == pytest.approx([0.1, 0.1, 0.02, 0.02, 0.004, 0.004])


@pytest.mark.parametrize("density", [0, -0.1, 1.01, float("nan")])
def test_impossible_density(density):
    with pytest.raises(ValueError, match=r"density must be in \(0, 1\]"):
        Schedule(10, ()).at_density(density)


def test_unknown_rule_lists_the_known():
    with pytest.raises(ValueError, match="steps, fixed"):
        Schedule(10, ()).at_density(0.5, "step")
