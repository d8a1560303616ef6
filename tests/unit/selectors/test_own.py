"""What a selector of one's own gives is held against what it was given."""

import types

import numpy as np
import pytest

from fairprune import registry
from fairprune.selection import keep

LABELS = np.repeat([0, 1], [4, 6])


@pytest.fixture
def own(monkeypatch):
    """Register a function as the selector ``own``."""

    def register(select):
        module = types.SimpleNamespace(select=select)
        found = registry.load
        monkeypatch.setattr(
            "fairprune.selection.load",
            lambda kind, name: module if name == "own" else found(kind, name),
        )

    return register


@pytest.mark.parametrize(
    ("select", "problem"),
    [
        (lambda pool, n: np.arange(len(pool)) < n, "it gave bool"),
        (lambda pool, n: pool[:n] * 1.0, "it gave float64"),
        (lambda pool, n: pool[: n // 2], "it gave int64 of shape (1,)"),
        (lambda pool, n: np.repeat(pool[:1], n), "some of them twice"),
        (lambda pool, n: np.arange(n), "it gave 0, which is not among them"),
    ],
)
def test_a_selector_must_keep_positions_of_its_pool(own, select, problem):
    own(select)
    with pytest.raises(ValueError, match="'own' must return . of the") as caught:
        keep(LABELS, 3, quotas=[0, 3], selector="own")
    assert problem in str(caught.value)


def test_what_fits_is_kept(own):
    own(lambda pool, n: np.sort(pool)[-n:] if n else pool[:0])
    assert keep(LABELS, 3, quotas=[1, 2], selector="own").tolist() == [3, 8, 9]
