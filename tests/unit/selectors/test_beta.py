"""Draws by score and by a beta distribution of the mean probability."""

from collections import Counter

import numpy as np
import pytest
import scipy.stats

import fairprune
from fairprune.selectors import beta

SCORES = np.array([0.2, 0.0, 0.4, 0.1, 0.3])
MEANS = np.array([0.5, 0.9, 0.25, 0.75, 0.4])


def draw(n_keep, seed, pool=np.arange(5), **options):
    generator = np.random.default_rng(seed)
    artifact = {"mean_probability": MEANS}
    return beta.select(
        pool, n_keep, scores=SCORES, artifact=artifact, generator=generator, **options
    )


def weights(mu, rho, c):
    """From the paper's formula, by SciPy's density."""
    b = 15 * (1 - mu) * (1 - rho**c)
    found = SCORES * scipy.stats.beta.pdf(MEANS, 16 - b, b)
    return found / found.sum()


def test_the_first_draw_by_hand():
    # two anchors, 2 and 4: mu = 0.325, rho = 4/5, c = 1, so b = 15 * 0.675 * 0.2 = 2.025
    expected, n = weights(0.325, 0.8, 1.0), 4000
    counts = Counter(int(draw(1, seed, exponent=1.0, n_anchors=2)[0]) for seed in range(n))
    for i, probability in enumerate(expected):
        deviation = np.sqrt(probability * (1 - probability) / n)
        assert counts[i] / n == pytest.approx(probability, abs=4 * deviation + 1e-12)
    assert expected[2] < expected[0]  # the highest score is not the likeliest


def test_two_draws_are_one_after_the_other_without_replacement():
    w, n = weights(MEANS.mean(), 0.6, 4.0), 4000
    counts = Counter(tuple(draw(2, seed).tolist()) for seed in range(n))
    for i in range(5):
        for j in range(i + 1, 5):
            expected = w[i] * w[j] / (1 - w[i]) + w[j] * w[i] / (1 - w[j])
            deviation = np.sqrt(expected * (1 - expected) / n)
            assert counts[i, j] / n == pytest.approx(expected, abs=4 * deviation + 1e-12)


def test_only_the_pool_counts_and_a_score_of_zero_comes_last():
    pool = np.array([4, 1, 3])
    assert draw(2, 0, pool).tolist() == [3, 4]
    assert draw(3, 0, pool).tolist() == [1, 3, 4]


def test_probabilities_of_zero_and_one_have_finite_weights():
    found = beta._log_weights(np.ones(3), np.array([0.0, 1.0, 0.5]), 0.01)
    assert np.isfinite(found).all() and found.argmax() == 1


def test_a_negative_score_is_refused():
    with pytest.raises(ValueError, match="needs scores that are not negative, got -1"):
        beta.select(
            np.arange(2),
            1,
            scores=np.array([-1.0, 1.0]),
            artifact={"mean_probability": MEANS},
            generator=np.random.default_rng(0),
        )


@pytest.mark.parametrize(
    ("means", "message"),
    [
        ([0.1, np.nan, 0.3], r"artifact\['mean_probability'\] must be finite"),
        ([0.1, 1.1, 0.3], r"artifact\['mean_probability'\] must be at most 1"),
        ([0.1, 0.2], r"artifact\['mean_probability'\] must have length 3, got 2"),
    ],
)
def test_mean_probabilities_are_probabilities_of_all_examples(means, message):
    artifact = {"mean_probability": means}
    with pytest.raises(ValueError, match=message):
        fairprune.prune([0, 0, 0], 0.5, scores=[1, 2, 3], selector="beta", artifact=artifact)
    with pytest.raises(
        ValueError, match=r"'beta' needs artifact\['mean_probability'\], got \['a'\]"
    ):
        fairprune.prune([0, 0, 0], 0.5, scores=[1, 2, 3], selector="beta", artifact={"a": means})
