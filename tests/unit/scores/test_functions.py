"""The functions of arrays give what the workflow's scores give, without torch."""

import subprocess
import sys

import numpy as np
import pytest

from fairprune import registry, scores
from tests.contracts.test_scores import LABELS, N, make_query
from tests.documentation import ROOT

CALLS = {  # of each score: its function on what a query offers, with an option that is not default
    "aum": (lambda q: scores.aum(q.record.train.margin, keep="easy"), {"keep": "easy"}),
    "cld": (
        lambda q: scores.cld(
            -np.log(q.record.evaluation.probability), LABELS, q.record.series["validation_loss"]
        ),
        {},
    ),
    "coreset": (lambda q: scores.coreset(q.embeddings), {}),
    "dual": (lambda q: scores.dual(q.record.train.probability, window=4), {"window": 4}),
    "dynamic_uncertainty": (
        lambda q: scores.dynamic_uncertainty(q.record.evaluation.probability, rule="authors"),
        {"rule": "authors"},
    ),
    "el2n": (lambda q: q.record.evaluation.el2n[-1].astype(float), {}),
    "eva": (lambda q: scores.eva(q.record.train.el2n, weight=0.3), {"weight": 0.3}),
    "forgetting": (
        lambda q: scores.forgetting(q.record.train.correct, never_learned="maximum"),
        {"never_learned": "maximum"},
    ),
    "grand": (lambda q: scores.grand(q.model, q.batches(7), parameters="last_layer"),
              {"parameters": "last_layer"}),
    "influence": (
        lambda q: scores.influence(q.embeddings, q.probabilities, LABELS, damping=0.3),
        {"damping": 0.3},
    ),
    "moderate": (
        lambda q: scores.moderate(q.embeddings, LABELS, within="class"), {"within": "class"}
    ),
    "neighbours": (
        lambda q: scores.neighbours(q.embeddings, metric="cosine"), {"metric": "cosine"}
    ),
    "tdds": (
        lambda q: scores.tdds(q.record.series["absolute_kl_step"], decay=0.5),
        {"decay": 0.5, "step": "absolute"},
    ),
    "ssp": (lambda q: scores.ssp(q.embeddings, LABELS, seed=q.generator("ssp")), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", registry.names("scores"))
def test_a_function_gives_what_the_score_of_its_name_gives(name, tmp_path):
    call, options = CALLS[name]
    query = make_query(registry.load("scores", name), tmp_path / "record.npz")
    np.testing.assert_allclose(
        registry.load("scores", name).score(query, **options), call(query), rtol=1e-5
    )
    assert name in scores.__all__ and callable(getattr(scores, name))


def test_the_functions_of_arrays_import_neither_torch_nor_pandas():
    code = """
import sys
import numpy as np, fairprune
x, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
p = np.full((30, 3), 1 / 3)
fairprune.scores.el2n(x[:, :3], y), fairprune.scores.forgetting(x > 0)
fairprune.scores.k_center(x, 3), fairprune.scores.moderate(x, y)
fairprune.scores.influence(x, p, y), fairprune.scores.aum(x), fairprune.scores.dual(x)
fairprune.scores.ssp(x, y, supervised=True)
assert not {"torch", "pandas", "sklearn", "pyarrow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: scores.aum(np.zeros(4)), r"margin must have shape \(T, N\), got \(4,\)"),
        (
            lambda: scores.dual([[np.nan]] * 10),
            r"probability must be finite, got probability\[0, 0",
        ),
        (lambda: scores.forgetting([[2, 0], [0, 1]]), "correct must hold booleans, or 0 and 1"),
        (lambda: scores.el2n([[1.0, 2.0]], [2]), "labels must be below the 2 classes, got 2"),
        (lambda: scores.ssp(np.zeros((N, 2)), LABELS[1:]), "labels must have length 48, got 47"),
        (lambda: scores.k_center(np.zeros((3, 2)), 4), r"n must be an integer in \[0, 3\], got 4"),
    ],
)
def test_arrays_of_no_use_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
