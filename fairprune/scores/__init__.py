"""Scores of training examples, one function per file; the highest scores are kept first.

The functions take

arrays over the epochs of a training, ``(T, N)``
    `forgetting`, `aum`, `dynamic_uncertainty`, `dual`, `eva`, `tdds`, `cld`
logits ``(N, K)``
    `el2n`
embeddings ``(N, D)``
    `coreset` and its order `k_center`, `ssp`, `moderate`, and `neighbours`, with `neighbour_graph`
    for its selectors
embeddings and probabilities ``(N, K)``
    `influence`, with `influence_factors` for its selector
a torch model
    `gradient_norms`, also available as `grand`

A :class:`fairprune.Recorder` fills the arrays of the first group in your own training loop.

In the workflow the file name of a score is its name; ``score(query, **options)`` in that file calls
the public function. See ``docs/extend.md``.
"""

from fairprune._alignment import of_examples
from fairprune.scores.aum import aum
from fairprune.scores.cld import cld
from fairprune.scores.coreset import coreset, k_center
from fairprune.scores.dual import dual
from fairprune.scores.dynamic_uncertainty import dynamic_uncertainty
from fairprune.scores.el2n import el2n
from fairprune.scores.eva import eva
from fairprune.scores.forgetting import forgetting
from fairprune.scores.grand import gradient_norms
from fairprune.scores.grand import gradient_norms as grand
from fairprune.scores.influence import influence, influence_factors
from fairprune.scores.moderate import moderate
from fairprune.scores.neighbours import neighbour_graph, neighbours
from fairprune.scores.ssp import ssp
from fairprune.scores.tdds import tdds

el2n = of_examples(el2n, __name__, "logits", "labels")
influence = of_examples(influence, __name__, "embeddings", "probabilities", "labels")
influence_factors = of_examples(
    influence_factors, __name__, "embeddings", "probabilities", "labels"
)
moderate = of_examples(moderate, __name__, "embeddings", "labels")
ssp = of_examples(ssp, __name__, "embeddings", "labels")

__all__ = [
    "aum",
    "cld",
    "coreset",
    "dual",
    "dynamic_uncertainty",
    "el2n",
    "eva",
    "forgetting",
    "gradient_norms",
    "grand",
    "influence",
    "influence_factors",
    "k_center",
    "moderate",
    "neighbour_graph",
    "neighbours",
    "ssp",
    "tdds",
]
