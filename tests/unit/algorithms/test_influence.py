"""Influences of the last layer, and the subset with the least joint influence."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.datasets import load_digits

from fairprune import registry
from fairprune.algorithms import least_sum
from fairprune.algorithms.influence import Factors, factors, joint_norm, largest, minimise
from fairprune.selectors.minimal_influence import select
from tests.reference import influence as reference

score_module = registry.load("scores", "influence")


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _train(embeddings, labels, n_classes, n_steps=300, rate=1.0):
    """Softmax regression by gradient descent: a last layer near its optimum."""
    h = np.hstack([embeddings, np.ones((len(embeddings), 1))])
    weights = np.zeros((h.shape[1], n_classes))
    for _ in range(n_steps):
        weights -= rate * h.T @ (_softmax(h @ weights) - np.eye(n_classes)[labels]) / len(h)
    return _softmax(h @ weights)


@pytest.fixture(scope="module")
def digits():
    """Random ReLU features of real digits and a trained last layer on them."""
    pixels, labels = load_digits(return_X_y=True)
    pixels, labels = pixels[:600] / 16, labels[:600]
    mixing = np.random.default_rng(0).normal(size=(64, 32)) / 4
    embeddings = np.maximum(pixels @ mixing, 0)
    probabilities = _train(embeddings, labels, 10)
    assert np.mean(probabilities.argmax(axis=1) == labels) > 0.9
    return SimpleNamespace(
        embeddings=embeddings.astype(np.float32),
        probabilities=probabilities.astype(np.float32),
        labels=labels,
        n_classes=10,
    )


@pytest.fixture(scope="module")
def influences(digits):
    return factors(digits.embeddings, digits.probabilities, digits.labels)


def _random_factors(generator, n=12, p=4, q=3):
    a, g = generator.normal(size=(n, p)), generator.normal(size=(n, q))
    return Factors(a.astype(np.float32), g.astype(np.float32))


def _dense(influences):
    outer = influences.g[:, :, None].astype(np.float64) * influences.a[:, None, :]
    return outer.reshape(len(influences), -1)  # (N, Q P)


# --- influences -----------------------------------------------------------------------------


def test_exact_curvature_against_one_example_at_a_time(digits):
    part = slice(0, 80)
    arguments = digits.embeddings[part, :5], digits.probabilities[part], digits.labels[part]
    found = factors(*arguments, curvature="exact", damping=0.05)
    expected = reference.exact_influences(*arguments, damping=0.05)
    np.testing.assert_allclose(_dense(found), expected, rtol=1e-3, atol=1e-6 * expected.max())


def test_kronecker_factors_by_hand():
    # one feature that is always 1, so A is [[1, 1], [1, 1]] with mean eigenvalue 1; p is constant
    p = np.array([0.5, 0.5])
    found = factors(np.ones((2, 1)), np.stack([p, p]), np.array([0, 1]), damping=0.1)
    output = np.array([[0.25, -0.25], [-0.25, 0.25]]) + 0.1 * 0.25 * np.eye(2)
    np.testing.assert_allclose(found.a, np.full((2, 2), 1 / 2.1), rtol=1e-6)
    expected = -np.linalg.solve(output, np.array([[-0.5, 0.5], [0.5, -0.5]])) / 2
    np.testing.assert_allclose(found.g, expected.T, rtol=1e-6)


def test_kronecker_is_exact_where_outputs_do_not_depend_on_embeddings():
    generator = np.random.default_rng(0)
    embeddings = generator.normal(size=(50, 3))
    probabilities = np.tile([0.2, 0.3, 0.5], (50, 1))
    arguments = embeddings, probabilities, generator.integers(3, size=50)
    found = _dense(factors(*arguments, damping=1e-5))
    exact = reference.exact_influences(*arguments, damping=1e-9)
    # the direction (1, 1, 1) of the outputs is null: gradients have no part in it
    np.testing.assert_allclose(found, exact, rtol=1e-2, atol=1e-3 * np.abs(exact).max())


def test_kronecker_is_near_the_exact_curvature_on_real_data(digits, influences):
    arguments = digits.embeddings, digits.probabilities, digits.labels
    fast, exact = _dense(influences), _dense(factors(*arguments, curvature="exact"))
    norms = np.linalg.norm(fast, axis=1), np.linalg.norm(exact, axis=1)
    assert spearmanr(*norms).statistic > 0.97
    assert np.median((fast * exact).sum(axis=1) / norms[0] / norms[1]) > 0.85


def test_influence_predicts_leaving_one_out():
    generator = np.random.default_rng(1)
    labels = np.arange(60) % 2
    embeddings = generator.normal(size=(60, 2)) + labels[:, None]
    everything = _train(embeddings, labels, 2, n_steps=4_000)
    found = factors(embeddings, everything, labels, curvature="exact", damping=1e-6)
    for left_out in (0, 17, 42):
        rest = np.delete(np.arange(60), left_out)
        retrained = np.log(_train(embeddings[rest], labels[rest], 2, n_steps=4_000))
        change = np.diff(retrained, axis=1)[:, 0] - np.diff(np.log(everything[rest]), axis=1)[:, 0]
        shift = np.diff(found.a[left_out].reshape(2, 3), axis=0)[0]  # class 1 minus class 0
        predicted = np.hstack([embeddings[rest], np.ones((59, 1))]) @ -shift
        assert np.corrcoef(change, predicted)[0, 1] > 0.98
        assert np.linalg.norm(predicted) == pytest.approx(np.linalg.norm(change), rel=0.15)


def test_one_hot_outputs_are_finite():
    found = factors(np.eye(3), np.eye(3), np.array([0, 1, 1]))
    assert np.isfinite(found.g).all()
    assert (found.squared_norms() > 0).tolist() == [False, False, True]


def test_algebra_of_factors(influences):
    dense = _dense(influences)
    np.testing.assert_allclose(influences.squared_norms(), (dense**2).sum(axis=1), rtol=1e-5)
    np.testing.assert_allclose(influences[np.arange(9)].gram(), dense[:9] @ dense[:9].T, rtol=1e-5)
    weights = np.linspace(0, 1, len(influences))
    total = influences.total(weights)
    np.testing.assert_allclose(total.ravel(), weights @ dense, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(influences.inner(total), dense @ total.ravel(), rtol=1e-3, atol=1e-4)


def test_bad_arguments(digits):
    arguments = digits.embeddings, digits.probabilities, digits.labels
    with pytest.raises(ValueError, match=r"damping must be a number in \(0, inf\), got 0"):
        factors(*arguments, damping=0)
    with pytest.raises(ValueError, match="curvature must be one of kronecker, exact"):
        factors(*arguments, curvature="none")
    wide = np.ones((600, 200), np.float32)
    with pytest.raises(ValueError, match="at most 2000 parameters, the layer has 2010"):
        factors(wide, *arguments[1:], curvature="exact")
    with pytest.raises(ValueError, match="differ in length"):
        factors(digits.embeddings[:5], *arguments[1:])


# --- the subset -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_small_problems_are_solved_as_by_trying_all_subsets(seed):
    generator = np.random.default_rng(seed)
    influences = _random_factors(generator)
    n_remove = int(generator.integers(1, 12))
    removed = minimise(influences, n_remove, generator=generator, n_samples=10)
    best = reference.least_norm(_dense(influences), n_remove)
    assert joint_norm(influences, removed) == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_beats_the_baselines_on_real_data(influences, share):
    dense = _dense(influences)
    n_remove = int(share * len(dense))
    generator = np.random.default_rng(0)
    found = joint_norm(influences, minimise(influences, n_remove, generator=generator))
    random = generator.choice(len(dense), n_remove, replace=False)
    assert found < 0.7 * joint_norm(influences, random)
    assert found < 0.95 * joint_norm(influences, reference.smallest_first(dense, n_remove))
    assert found <= 1.001 * joint_norm(influences, reference.herding(dense, n_remove))
    weights = least_sum.relaxed(influences, n_remove, 3000, tolerance=1e-9)
    bound = np.linalg.norm(influences.total(weights))  # no subset is below the relaxation
    assert bound < found < (1.4 if share < 0.5 else 1.15) * bound


def test_relaxation_against_frank_wolfe_gap():
    influences = _random_factors(np.random.default_rng(3), n=40)
    weights = least_sum.relaxed(influences, 15, 5000, tolerance=0.0)
    gradient = _dense(influences) @ (weights @ _dense(influences))
    vertex = np.zeros(40)
    vertex[np.argsort(gradient)[:15]] = 1
    gap = gradient @ (weights - vertex)  # bounds the distance to the optimum
    assert weights.sum() == pytest.approx(15)
    assert gap < 1e-3 * np.square(_dense(influences)).sum()


@given(
    point=st.lists(st.floats(-5, 5), min_size=2, max_size=20),
    share=st.floats(0, 1),
)
def test_projection_meets_the_sum_and_moves_all_free_entries_alike(point, share):
    point = np.array(point)
    m = int(share * len(point))
    found = least_sum.project(point, m)
    assert found.sum() == pytest.approx(m, abs=1e-9)
    free = (found > 1e-9) & (found < 1 - 1e-9)
    assert np.ptp((point - found)[free]) < 1e-9 if free.any() else True


def test_swap_ends_where_no_exchange_helps():
    influences = _random_factors(np.random.default_rng(5), n=60)
    norms, dense = influences.squared_norms(), _dense(influences)
    chosen, objective = least_sum.swap(influences, norms, np.arange(60) < 25, 100)
    assert chosen.sum() == 25
    total = dense[chosen].sum(axis=0)
    assert objective == pytest.approx(total @ total, rel=1e-3)
    for i in np.flatnonzero(chosen):
        exchanged = total - dense[i] + dense[~chosen]
        assert np.square(exchanged).sum(axis=1).min() > objective * (1 - 1e-3)


def _scalars(*values):
    return Factors(np.array(values, np.float32)[:, None], np.ones((len(values), 1), np.float32))


def test_exchange_by_hand():
    influences = _scalars(3, 2)  # 3 for 2 lowers the square by 5 although both point alike
    chosen, objective = least_sum.swap(
        influences, influences.squared_norms(), np.array([True, False]), 10
    )
    assert chosen.tolist() == [False, True]
    assert objective == 4


def test_largest_member_leaves_first_where_influences_are_orthogonal(monkeypatch):
    monkeypatch.setattr(least_sum, "_BLOCK", 1)
    lengths = np.random.default_rng(0).permutation(np.arange(1.0, 13.0))
    influences = Factors(np.diag(lengths).astype(np.float32), np.ones((12, 1), np.float32))
    start = np.arange(12) < 5
    chosen, _ = least_sum.swap(influences, influences.squared_norms(), start, 100)
    assert sorted(lengths[chosen]) == [1, 2, 3, 4, 5]


def test_random_starts_have_the_right_size_and_follow_the_weights():
    generator = np.random.default_rng(0)
    weights = np.repeat([0.1, 0.5, 0.9], 20)
    starts = list(least_sum._starts(weights, weights, 30, 300, generator))
    largest_weights, smallest_norms = (np.flatnonzero(start) for start in starts[:2])
    assert set(largest_weights) > set(range(40, 60))
    assert set(smallest_norms) > set(range(20))
    assert {start.sum() for start in starts} == {30}
    shares = np.mean(starts[2:], axis=0).reshape(3, 20).mean(axis=1)
    np.testing.assert_allclose(shares, [0.1, 0.5, 0.9], atol=0.02)


def test_largest_set_within_a_norm(influences):
    generator = np.random.default_rng(0)
    norm = joint_norm(influences, minimise(influences, 100, generator=generator))
    found = largest(influences, norm * 1.01, generator=generator)
    assert joint_norm(influences, found) <= norm * 1.01
    assert 97 <= len(found) <= 110
    assert len(largest(influences, 0.0, generator=generator, maximum=5)) == 0
    with pytest.raises(ValueError, match="epsilon must not be negative"):
        largest(influences, -1.0, generator=generator)


def test_extreme_sizes(influences):
    generator = np.random.default_rng(0)
    assert minimise(influences, 0, generator=generator).tolist() == []
    assert minimise(influences, 600, generator=generator).tolist() == list(range(600))
    (single,) = minimise(influences, 1, generator=generator)
    assert single == np.argmin(influences.squared_norms())
    with pytest.raises(ValueError, match=r"n_remove must be an integer in \[0, 600\], got 601"):
        minimise(influences, 601, generator=generator)


# --- score and selector -----------------------------------------------------------------------


def test_score_is_the_norm_and_the_artifact_its_factors(digits):
    arrays = score_module.artifact(digits, damping=0.2)
    assert {name: array.dtype for name, array in arrays.items()} == {"a": "float32", "g": "float32"}
    expected = np.linalg.norm(_dense(Factors(**arrays)), axis=1)
    np.testing.assert_allclose(score_module.score(digits, damping=0.2), expected, rtol=1e-5)


def test_selector_keeps_the_complement_within_the_pool(digits, influences):
    pool = np.flatnonzero(digits.labels % 3 == 0)
    artifact = {"a": influences.a, "g": influences.g}
    n_keep = len(pool) // 3
    kept = select(pool, n_keep, artifact=artifact, generator=np.random.default_rng(4))
    assert len(kept) == n_keep
    assert (np.diff(kept) > 0).all()
    removed = np.setdiff1d(pool, kept)
    assert len(removed) == len(pool) - n_keep  # nothing from outside the pool
    alone = minimise(influences[pool], len(removed), generator=np.random.default_rng(4))
    np.testing.assert_array_equal(removed, pool[alone])


def test_a_curvature_that_cannot_be_inverted_is_told():
    logits = np.array([[3.0, -1.0], [-2.0, 4.0], [1.0, 0.5]])
    with pytest.raises(ValueError, match="damping=0.1.*probabilities are in"):
        factors(np.ones((3, 2)), logits, np.array([0, 1, 0]))
