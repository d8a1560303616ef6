"""Fitted thresholds against exhaustive search, prunings against what they promise."""

from itertools import pairwise

import numpy as np
import pytest

from fairprune.theory import (
    PRUNINGS,
    Mixture,
    average_optimum,
    fitted_thresholds,
    metriq_priors,
    optimal_priors,
    simulate,
    ssp_margin,
    ssp_priors,
    worst_class_optimum,
)
from fairprune.theory.simulation import Sample, draw

MIXTURE = Mixture((-1, 1), (0.5, 1.0))


def best_intervals(points, labels):
    """All (errors, low, high) of the fewest errors, one threshold at a time."""
    edges = [-np.inf, *points, np.inf]
    found = []
    for low, high in pairwise(edges):
        if low == high:
            continue
        predicted = points > low  # the same for every threshold in [low, high)
        found.append((int((predicted != labels).sum()), low, high))
    fewest = min(errors for errors, _, _ in found)
    return [entry for entry in found if entry[0] == fewest]


@pytest.mark.parametrize("rounded", [False, True])
def test_fitted_threshold_is_the_middle_one_of_the_best_intervals(rounded):
    generator = np.random.default_rng(1)
    points = generator.normal(size=(300, 25))
    points = np.sort(points.round(1) if rounded else points, axis=1)
    labels = (generator.random((300, 25)) < 0.3 + 0.4 * (points > 0)).astype(int)
    fitted = fitted_thresholds(points, labels)
    n_tied = 0
    for x, y, t in zip(points, labels, fitted, strict=True):
        best = best_intervals(x, y)
        n_tied += len(best) > 1
        _, low, high = best[(len(best) - 1) // 2]
        assert t == (low + high) / 2
    assert n_tied > 100


def test_fitted_threshold_by_hand():
    points = np.array([[0.0, 1, 2, 4], [0, 1, 2, 4], [0, 1, 2, 4], [0, 1, 1, 4]])
    labels = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1]])
    assert fitted_thresholds(points, labels).tolist() == [1.5, -np.inf, np.inf, 0.5]


def test_draw_has_the_moments_of_the_mixture_and_is_sorted():
    mixture = Mixture((-2, 1), (0.3, 0.8), (0.25, 0.75))
    sample = draw(mixture, 200, 500, np.random.default_rng(0))
    assert (np.diff(sample.points, axis=1) >= 0).all()
    assert sample.labels.mean() == pytest.approx(0.75, abs=0.01)
    for k in (0, 1):
        points = sample.points[sample.labels == k]
        assert points.mean() == pytest.approx(float(mixture.means[k]), abs=0.01)
        assert points.std() == pytest.approx(float(mixture.standard_deviations[k]), abs=0.01)


@pytest.fixture(scope="module")
def sample():
    return draw(MIXTURE, 300, 400, np.random.default_rng(2))


@pytest.mark.parametrize("name", PRUNINGS)
@pytest.mark.parametrize("n_keep", [1, 100, 399, 400])
def test_prunings_keep_the_number_asked_for(name, n_keep, sample):
    mask = PRUNINGS[name](sample, MIXTURE, n_keep, np.random.default_rng(0))
    assert (mask.sum(axis=1) == n_keep).all()


def kept(name, sample, n_keep=200):
    mask = PRUNINGS[name](sample, MIXTURE, n_keep, np.random.default_rng(0))
    return sample.keep(mask)


def test_optimal_pruning_mixes_the_classes_as_equation_5_asks(sample):
    assert (kept("random_optimal", sample).class_counts() == [67, 133]).all()


def test_metriq_pruning_mixes_the_classes_by_their_errors(sample):
    shares = kept("random_metriq", sample).class_counts().mean(axis=0) / 200
    np.testing.assert_allclose(shares, metriq_priors(MIXTURE), atol=0.005)


def test_metriq_pruning_counts_the_points_of_unequal_classes():
    mixture = Mixture((-1, 1), (0.5, 1.0), (0.7, 0.3))
    sample = draw(mixture, 300, 400, np.random.default_rng(3))
    mask = PRUNINGS["random_metriq"](sample, mixture, 80, np.random.default_rng(4))
    shares = sample.keep(mask).class_counts().mean(axis=0) / 80
    np.testing.assert_allclose(shares, metriq_priors(mixture), atol=0.01)


def test_ssp_removes_the_points_nearest_to_their_mean(sample):
    mask = PRUNINGS["ssp"](sample, MIXTURE, 200, None)
    distance = np.abs(sample.points - np.where(sample.labels == 1, 1.0, -1.0))
    for row in range(len(mask)):
        assert distance[row][~mask[row]].max() <= distance[row][mask[row]].min()
    margins = np.where(mask, np.inf, distance)
    margins[np.isinf(margins)] = 0
    assert margins.max(axis=1).mean() == pytest.approx(float(ssp_margin(MIXTURE, 0.5)), abs=0.01)


def test_ssp_class_counts_follow_equation_14(sample):
    shares = kept("ssp", sample).class_counts().mean(axis=0) / 200
    np.testing.assert_allclose(shares, ssp_priors(MIXTURE, ssp_margin(MIXTURE, 0.5)), atol=0.01)


def test_random_ssp_takes_the_counts_of_ssp_but_other_points(sample):
    ours, theirs = kept("random_ssp", sample), kept("ssp", sample)
    np.testing.assert_array_equal(ours.class_counts(), theirs.class_counts())
    near = np.abs(ours.points - np.where(ours.labels == 1, 1.0, -1.0)) < 0.2
    assert near.mean() > 0.1


@pytest.mark.parametrize("name", ["random_optimal", "random_ssp", "random_metriq"])
def test_random_pruning_is_uniform_within_classes(name, sample):
    pruned = kept(name, sample)
    for k in (0, 1):
        points = pruned.points[pruned.labels == k]
        assert points.mean() == pytest.approx((-1, 1)[k], abs=0.03)
        assert points.std() == pytest.approx((0.5, 1)[k], abs=0.02)


def test_a_class_too_small_for_its_quota_is_kept_whole():
    labels = np.array([[0, 1, 0, 0, 0, 0]], dtype=np.int8)
    few = Sample(np.arange(6.0)[None], labels)
    assert kept("random_optimal", few, 4).class_counts().tolist() == [[3, 1]]


def test_large_samples_reach_the_optima():
    """Random pruning leads to t* of the new proportions, SSP with a small margin to the old t*."""
    results = simulate(
        MIXTURE, list(PRUNINGS), density=0.6, n_points=4000, n_repeats=100, n_shown=1
    )
    expected = {
        "random_optimal": worst_class_optimum(MIXTURE),
        "ssp": average_optimum(MIXTURE),
        "random_metriq": average_optimum(MIXTURE.with_priors(metriq_priors(MIXTURE))),
        "random_ssp": average_optimum(
            MIXTURE.with_priors(ssp_priors(MIXTURE, ssp_margin(MIXTURE, 0.6)))
        ),
    }
    for name, threshold in expected.items():
        assert results[name].thresholds.mean() == pytest.approx(float(threshold), abs=0.03), name
    assert optimal_priors(MIXTURE)[0] == pytest.approx(1 / 3)


def test_simulation_is_reproducible_and_extends():
    settings = {"n_points": 60, "seed": 3, "n_shown": 4}
    short = simulate(MIXTURE, ["ssp", "random_ssp"], n_repeats=150, **settings)
    long = simulate(MIXTURE, ["random_ssp"], n_repeats=250, **settings)["random_ssp"]
    np.testing.assert_array_equal(short["random_ssp"].thresholds, long.thresholds[:150])
    np.testing.assert_array_equal(short["random_ssp"].shown.points, long.shown.points)
    assert long.shown.points.shape == (4, 30)
    assert long.class_counts.shape == (250, 2)
    other = simulate(MIXTURE, ["random_ssp"], n_repeats=250, **(settings | {"seed": 4}))
    assert (other["random_ssp"].thresholds != long.thresholds).any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"density": 0}, "density"),
        ({"density": 0.001}, "density"),
        ({"n_points": 0}, "n_points"),
        ({"n_repeats": 0}, "n_repeats"),
        ({"n_shown": 0}, "n_shown"),
        ({"n_repeats": 5, "n_shown": 6}, "n_shown"),
        ({"prunings": ["spp"]}, "'spp'"),
    ],
)
def test_simulate_refuses_bad_arguments(changes, message):
    arguments = {"prunings": ["ssp"], "n_points": 100, "n_repeats": 100} | changes
    with pytest.raises(ValueError, match=message):
        simulate(MIXTURE, **arguments)


def test_simulate_refuses_arrays_of_mixtures():
    with pytest.raises(ValueError, match="single mixture"):
        simulate(Mixture((0, np.array([1, 2])), (1, 1)), ["ssp"])


@pytest.mark.parametrize("distance", [100, 200, 1e4])
def test_classes_so_far_apart_that_their_risks_underflow(distance):
    mixture = Mixture((-distance / 2, distance / 2), (0.5, 0.5))
    results = simulate(mixture, list(PRUNINGS), n_points=40, n_repeats=20)
    for result in results.values():
        assert (result.class_counts.sum(axis=1) == 20).all()
    thresholds = results["random_metriq"].thresholds
    assert (np.abs(thresholds) < distance / 2).all()


def test_metriq_pruning_of_samples_without_one_class():
    points = np.array([[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, 3.0]])
    labels = np.array([[0, 0, 0, 0], [1, 1, 1, 1]], np.int8)
    for mixture in (Mixture((-1, 1), (0.5, 1.0)), Mixture((0, 0.01), (0.5, 1.0), (0.1, 0.9))):
        sample = Sample(points, labels)
        mask = PRUNINGS["random_metriq"](sample, mixture, 3, np.random.default_rng(0))
        assert sample.keep(mask).class_counts().tolist() == [[3, 0], [0, 3]]
