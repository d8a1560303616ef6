"""Parameter influences of the training examples, and the set of them with the least joint effect.

Yang, Xie, Peng, Xu, Sun and Li, "Dataset Pruning: Reducing Training Data by Examining
Generalization Influence" (ICLR 2023). Leaving example z out changes the parameters by
approximately

    S_z = -(1/n) H^-1 grad L(z)

and the examples to prune are the set W of a given size with the smallest ``||sum_W S_z||``.

Parameters are those of the last linear layer, weights and bias. With the embedding ``h`` (1
appended for the bias), the softmax output ``p`` and the one-hot label ``y``, the gradient is
``(p - y) h^T`` and the Hessian of the mean loss is ``H = E[(diag p - p p^T) (x) h h^T]``.

``curvature="kronecker"`` (default) replaces it by the product of the two means,

    G = E[diag p - p p^T],  A = E[h h^T],  H ~ (G + c tr(G)/K I) (x) (A + c tr(A)/(D+1) I)

with the damping ``c``, relative to the mean eigenvalue of each factor. Influences are then
of rank one, ``S_z = g_z a_z^T`` with ``g = -G^-1 (p - y) / n`` and ``a = A^-1 h``, so that
``<S_z, S_z'> = (g_z . g_z') (a_z . a_z')`` and nothing of size N x K x D is ever stored.

``curvature="exact"`` inverts ``H + c tr(H)/P I`` itself, with P = K (D + 1) at most
``MAX_EXACT`` parameters, and stores N x P numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg

from fairprune._validation import as_labels, check_choice

CURVATURES = ("kronecker", "exact")
MAX_EXACT = 2000
_TINY = 1e-12  # smallest mean eigenvalue: softmax outputs that are exactly one-hot have none


@dataclass(frozen=True)
class Factors:
    """Influences ``S_z = g_z a_z^T`` of N examples.

    Attributes
    ----------
    a : ndarray of shape (N, P), float32
    g : ndarray of shape (N, Q), float32
    """

    a: np.ndarray
    g: np.ndarray

    def __len__(self) -> int:
        return len(self.a)

    def __getitem__(self, index: np.ndarray) -> Factors:
        """The influences of some examples."""
        return Factors(self.a[index], self.g[index])

    def squared_norms(self) -> np.ndarray:
        """``||S_z||^2``, ndarray of shape (N,), float64."""
        a, g = (np.einsum("nd,nd->n", f, f, dtype=np.float64) for f in (self.a, self.g))
        return a * g

    def total(self, weights: np.ndarray) -> np.ndarray:
        """``sum_z w_z S_z``, ndarray of shape (Q, P), float32."""
        return (self.g * weights[:, None].astype(np.float32)).T @ self.a

    def inner(self, matrix: np.ndarray) -> np.ndarray:
        """``<S_z, matrix>`` of every example, ndarray of shape (N,), float64."""
        return np.einsum("nq,nq->n", self.a @ matrix.T, self.g, dtype=np.float64)

    def gram(self) -> np.ndarray:
        """``<S_z, S_z'>`` of all pairs, ndarray of shape (N, N), float64."""
        a, g = self.a.astype(np.float64), self.g.astype(np.float64)
        return (a @ a.T) * (g @ g.T)


def factors(
    embeddings: np.ndarray,
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    damping: float = 0.1,
    curvature: str = "kronecker",
) -> Factors:
    """Influence of each example on the last linear layer.

    Parameters
    ----------
    embeddings : ndarray of shape (N, D)
        Inputs of the layer.
    probabilities : ndarray of shape (N, K)
        Softmax outputs.
    labels : ndarray of shape (N,), int64
        Class of each example.
    damping : float, default=0.1
        Added to the curvature, relative to its mean eigenvalue; positive.
    curvature : {"kronecker", "exact"}, default="kronecker"
        Factored or exact Hessian of the layer.

    Returns
    -------
    Factors
    """
    check_choice("curvature", curvature, CURVATURES)
    if not (np.isfinite(damping) and damping > 0):
        raise ValueError(f"damping must be positive and finite, got {damping!r}")
    probabilities = np.asarray(probabilities, dtype=np.float64)
    n, n_classes = probabilities.shape
    labels, _ = as_labels(labels, n_classes)
    h = np.hstack([np.asarray(embeddings, dtype=np.float64), np.ones((n, 1))])  # (N, D + 1)
    if len(h) != len(labels):
        raise ValueError(f"embeddings and labels differ in length: {len(h)} and {len(labels)}")
    error = probabilities.copy()
    error[np.arange(n), labels] -= 1
    if curvature == "exact":
        return _exact(h, probabilities, error, damping)
    output = np.diag(probabilities.mean(axis=0)) - probabilities.T @ probabilities / n
    g = _solve_damped(output, error.T, damping).T / -n
    a = _solve_damped(h.T @ h / n, h.T, damping).T
    return Factors(a.astype(np.float32), g.astype(np.float32))


def _exact(h: np.ndarray, p: np.ndarray, error: np.ndarray, damping: float) -> Factors:
    n, n_classes = p.shape
    n_parameters = n_classes * h.shape[1]
    if n_parameters > MAX_EXACT:
        raise ValueError(
            f"curvature 'exact' takes at most {MAX_EXACT} parameters, the layer has {n_parameters}"
        )
    hessian = np.empty((n_classes, h.shape[1], n_classes, h.shape[1]))
    for k in range(n_classes):
        for j in range(n_classes):
            weights = p[:, k] * ((k == j) - p[:, j])
            hessian[k, :, j] = (h * weights[:, None]).T @ h / n
    gradients = (error[:, :, None] * h[:, None, :]).reshape(n, n_parameters)  # (N, K, D + 1)
    square = hessian.reshape(n_parameters, n_parameters)
    influences = _solve_damped(square, gradients.T, damping).T / -n
    return Factors(influences.astype(np.float32), np.ones((n, 1), np.float32))


def _solve_damped(matrix: np.ndarray, right: np.ndarray, damping: float) -> np.ndarray:
    size = len(matrix)
    added = damping * max(np.trace(matrix) / size, _TINY)
    return linalg.solve(matrix + added * np.eye(size), right, assume_a="pos")
