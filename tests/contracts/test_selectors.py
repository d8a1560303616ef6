"""What every selector promises, alone and within classes, that of docs/extend.md included."""

import numpy as np
import pytest

from fairprune import registry
from fairprune.algorithms.neighbours import nearest
from fairprune.selection import keep

N, K = 40, 3
RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.arange(N) % K)
SCORES = RNG.gamma(2, size=N)
ARTIFACT = {
    "a": RNG.normal(size=(N, 4)),
    "g": RNG.normal(size=(N, 2)),
    "mean_probability": RNG.random(N),
    **dict(
        zip(("neighbours", "distances"), nearest(RNG.normal(size=(N, 3)), 5, "cosine"), strict=True)
    ),
    "metric": np.array("cosine"),
}
SELECTORS = registry.names("selectors")
BY_VALUE = {
    "beta",
    "infomax",
    "message_passing",
    "stratified",
}  # depends on more than the order of the scores, and says so
NESTED = {"top", "mixed"}  # promises that what is kept at a density is kept at a larger one


def reordered(order):
    """The artifact of the examples in another order."""
    arrays = {name: array[order] for name, array in ARTIFACT.items() if array.ndim}
    return ARTIFACT | arrays | {"neighbours": np.argsort(order)[arrays["neighbours"]]}


def kept(selector, n_keep, **changes):
    arguments = {"scores": SCORES, "generator": np.random.default_rng(7), "artifact": ARTIFACT}
    return keep(LABELS, n_keep, selector=selector, **(arguments | changes))


@pytest.mark.parametrize("n_keep", [0, 1, 13, N])
@pytest.mark.parametrize("name", SELECTORS)
def test_as_many_as_asked_for_ascending_without_duplicates_and_the_same_again(name, n_keep):
    found = kept(name, n_keep)
    assert len(found) == n_keep and found.dtype == np.int64
    assert (np.diff(found) > 0).all() and np.isin(found, np.arange(N)).all()
    np.testing.assert_array_equal(found, kept(name, n_keep))


@pytest.mark.parametrize("quotas", [[3, 0, 13], [1, 5, 2]])
@pytest.mark.parametrize("name", SELECTORS)
def test_quotas_are_met_in_every_class(name, quotas):
    found = kept(name, sum(quotas), quotas=quotas)
    np.testing.assert_array_equal(np.bincount(LABELS[found], minlength=K), quotas)
    assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("quotas", [None, [3, 6, 4]])
@pytest.mark.parametrize("name", SELECTORS)
def test_the_order_of_the_examples_does_not_matter_even_with_ties(name, quotas):
    ids, order = np.array([f"{i}.png" for i in range(N)], object), RNG.permutation(N)
    tied = np.round(SCORES)
    given = {"selector": name, "quotas": quotas}
    some = {"scores": tied, "artifact": ARTIFACT, "ids": ids}
    others = {
        "scores": tied[order],
        "artifact": reordered(order),
        "ids": ids[order],
    }
    first = keep(LABELS, 13, generator=np.random.default_rng(7), **given, **some)
    again = keep(LABELS[order], 13, generator=np.random.default_rng(7), **given, **others)
    assert set(ids[first]) == set(ids[order][again])


@pytest.mark.parametrize("name", SELECTORS)
def test_the_unit_of_the_scores_does_not_matter(name):
    np.testing.assert_array_equal(kept(name, 13), kept(name, 13, scores=4 * SCORES))


@pytest.mark.parametrize("name", sorted(set(SELECTORS) - BY_VALUE))
def test_an_increasing_map_of_the_scores_leaves_the_selection(name):
    np.testing.assert_array_equal(kept(name, 13), kept(name, 13, scores=np.exp(3 * SCORES)))


@pytest.mark.parametrize("name", sorted(NESTED))
def test_densities_are_nested(name):
    assert set(kept(name, 5)) < set(kept(name, 13)) < set(kept(name, 30))


@pytest.mark.parametrize("name", SELECTORS)
def test_only_those_that_need_an_artifact_ask_for_it(name):
    if registry.needs("selectors", name, "artifact"):
        with pytest.raises(ValueError, match=f"{name} needs artifact, got None"):
            kept(name, 13, artifact=None)
    else:
        np.testing.assert_array_equal(kept(name, 13), kept(name, 13, artifact=None))


def test_that_of_the_documentation(extended):
    for n_keep in (0, 1, 13, N):
        test_as_many_as_asked_for_ascending_without_duplicates_and_the_same_again("strided", n_keep)
    test_quotas_are_met_in_every_class("strided", [3, 0, 13])
    test_the_order_of_the_examples_does_not_matter_even_with_ties("strided", None)
    test_an_increasing_map_of_the_scores_leaves_the_selection("strided")
    select = registry.load("selectors", "strided").select
    found = select(np.array([5, 2, 9, 4]), 2, scores=np.arange(10.0), offset=0)
    np.testing.assert_array_equal(found, [4, 9])  # ranks 0 and 2 of 9, 5, 4, 2
