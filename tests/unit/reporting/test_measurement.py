"""The recall model against plain loops, and intervals of written resamples by hand."""

import numpy as np
import pytest
from scipy import stats

from fairprune.reporting import recall_model
from fairprune.reporting.measurement import Measurement, combined, measure
from fairprune.reporting.seed_spread import SeedSpread
from fairprune.reporting.uncertainty import interval, learned_spread


def written(values, *, seeds=0.2, freedom=1000):
    """A measurement without test noise, whose resamples have this deviation between seeds."""
    deviates = seeds * np.sqrt(0.5) * np.array([1.0, -1.0])
    return Measurement(
        values=np.array(values),
        resampled=np.stack([deviates, -deviates, 0 * deviates]),
        expected=np.zeros(2),
        freedom=freedom,
    )


def test_variances_by_hand():
    """Half the mean square difference of seeds, and their covariance less that on other images."""
    resampled = np.array([[1.0, 0.0], [0.5, 0.5], [-1.5, 1.0]])
    found = Measurement(np.array([0.5]), resampled, np.array([0.0, 1.0]), 4)
    between = (0.5**2 + 0.5**2) / 4
    assert found.scale == pytest.approx(np.sqrt(between))
    assert found.shared == pytest.approx((0.5 * (0.5 + 1.5) - 0.5 * (0.5 - 1.0)) / 2)
    assert found.bias == pytest.approx(0.25 - 0.5)


def test_the_interval_by_hand():
    """Without what images share: value -+ tail t sqrt(W / S), W moderated in units of the scale."""
    found = written([0.3, 0.5])
    assert found.scale == pytest.approx(0.2) and found.shared == 0
    spread = SeedSpread(variance=2.0, freedom=3.0, total_freedom=100)
    variance = 0.2**2 * (3 * 2.0 + 1 * 0.02 / 0.2**2) / 4
    freedom = 1 / (1 / 4 + (3 / 4) ** 2 / 1000)  # d0 + 1, and what the classes know of the scale
    half = stats.t.ppf(0.975, freedom) * np.sqrt(variance / 2)
    below, above = found.tails()
    result = interval(found, spread)
    assert result.lower == pytest.approx(max(0, 0.4 - below * half))
    assert result.upper == pytest.approx(min(1, 0.4 + above * half))


def test_what_images_do_to_all_seeds_is_not_divided_by_their_number():
    resampled = np.array([[0.1, 0.1], [0.1, 0.1], [-0.1, -0.1]]) * np.array([1, -1])
    widths = []
    for n_seeds in (2, 8):
        found = Measurement(np.full(n_seeds, 0.5), resampled, np.zeros(2), 10)
        assert found.shared == pytest.approx(0.1 * 0.2)
        result = interval(found, SeedSpread(0.0, np.inf, 100))
        widths.append(result.upper - result.lower)
    assert widths[0] == pytest.approx(widths[1])
    assert widths[0] == pytest.approx(np.sum(found.tails()) * 1.96 * np.sqrt(0.02), rel=1e-3)


def test_a_run_that_spreads_more_has_its_own_variance():
    """Six runs whose classes say what their seeds show: one common ratio, six scales."""
    scales = np.array([0.01, 0.01, 0.01, 0.01, 0.05, 0.05])
    runs = [written(0.5 + s * np.array([-1, 1]) / np.sqrt(2), seeds=s) for s in scales]
    spread = learned_spread(runs)
    assert spread.freedom == np.inf and spread.variance == pytest.approx(1.0)
    widths = [found.upper - found.lower for found in (interval(run, spread) for run in runs)]
    assert widths[5] == pytest.approx(5 * widths[0])


def test_sums_are_taken_seed_by_seed_and_resample_by_resample():
    first, second = written([0.5, 0.7], freedom=9), written([0.1, 0.2], seeds=0.6)
    found = combined([first, second], [1, -0.5])
    np.testing.assert_allclose(found.values, [0.45, 0.6])
    assert found.scale == pytest.approx(0.2 - 0.3 * -1 - 0.4)  # |0.2 - 0.5 * 0.6|
    assert found.freedom == 9


def test_methods_on_the_same_images_have_narrower_differences():
    counts, test = np.tile([40, 80, 90], (3, 1)), np.full(3, 100)
    first, second, elsewhere = (
        measure(counts, test, ["worst_class_accuracy"], images=images, own=own)[
            "worst_class_accuracy"
        ]
        for images, own in ((0, 1), (0, 2), (3, 4))
    )
    same = combined([first, second], [1, -1]).shared
    apart = combined([first, elsewhere], [1, -1]).shared
    assert same < 0.35 * apart  # 1 - METHODS_SHARED, and resampling


def test_the_posterior_is_that_of_em_in_plain_loops():
    correct, test = np.array([[40, 55, 90], [44, 51, 94]]), np.array([100, 100, 120])
    posterior, grid = recall_model.expected_recalls(correct, test, 0.8)
    angles = [
        np.arcsin(np.sqrt((c + 0.5) / (m + 1))) for c, m in zip(correct.mean(0), test, strict=True)
    ]
    prior = [1 / len(grid)] * len(grid)
    for _ in range(recall_model._EM_STEPS + 1):
        expected = []
        for angle, m in zip(angles, test, strict=True):
            densities = stats.norm.pdf(angle, np.arcsin(np.sqrt(grid)), np.sqrt(0.8 / (4 * m)))
            joint = [p * density for p, density in zip(prior, densities, strict=True)]
            expected.append([j / sum(joint) for j in joint])
        prior = [sum(column) / len(angles) for column in zip(*expected, strict=True)]
    np.testing.assert_allclose(posterior, expected, atol=1e-12)


def test_a_class_that_is_never_right_has_an_interval_all_the_same():
    counts, test = np.tile([0] + 9 * [80], (3, 1)), np.full(10, 100)
    found = measure(counts, test, ["worst_class_accuracy"], images=0, own=1)
    result = interval(found["worst_class_accuracy"], SeedSpread(1.0, np.inf, 40))
    assert result.lower == 0.0
    assert 0.01 < result.upper < 0.037  # Wilson's limit of 0 of 100


def test_resamples_are_as_spread_out_as_what_was_measured():
    """Of tied classes: drawing around the measured recalls would give sqrt(2) times the spread."""
    generator = np.random.default_rng(0)
    counts = generator.binomial(50, 0.7, (1, 400))
    generators = np.random.default_rng(1), np.random.default_rng(2)
    _, resampled = recall_model.simulated_recalls(counts, np.full(400, 50), 200, *generators)
    assert resampled.std(-1).mean() == pytest.approx((counts / 50).std(), rel=0.15)


def test_one_seed_has_all_of_the_test_noise_from_the_images():
    assert recall_model.image_share(0.0) == 1.0
    assert recall_model.image_share(0.1) == 0.9
    assert recall_model.image_share(2.0) == recall_model.IMAGES_SHARED
