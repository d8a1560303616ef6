"""Influences of training examples on parameters, and the set of examples with the least effect.

Yang, Xie, Peng, Xu, Sun and Li, "Dataset Pruning: Reducing Training Data by Examining
Generalization Influence" (ICLR 2023). With the parameter influence of example z,

    S_z = -(1/n) H^-1 grad L(z)

leaving out a set W changes the parameters by about ``-sum_W S_z`` (signs as in the paper). The
examples to prune are the set of a given size with the smallest ``||sum_W S_z||``.

Parameters are those of the last linear layer, weights and bias. With the embedding ``h`` (1
appended for the bias), the softmax output ``p`` and the one-hot label ``y``, the gradient is
``(p - y) h^T`` and the Hessian of the mean loss is ``H = E[(diag p - p p^T) (x) h h^T]``.

``curvature="kronecker"`` (default) replaces H by the product of the two means,

    G = E[diag p - p p^T],  A = E[h h^T],  H ~ (G + c tr(G)/K I) (x) (A + c tr(A)/(D+1) I)

with the damping ``c``, relative to the mean eigenvalue of each factor. Influences are then
of rank one, ``S_z = g_z a_z^T`` with ``g = -G^-1 (p - y) / n`` and ``a = A^-1 h``, so that
``<S_z, S_z'> = (g_z . g_z') (a_z . a_z')`` and nothing of size N x K x D is ever stored.
We compared it with the exact curvature, both with c = 0.1, on a perceptron with 32 hidden units
trained on the 1797 digits of scikit-learn. The influences have a median cosine similarity of 0.88
(0.79 at the 5% quantile), and their norms a rank correlation of 0.99.

``curvature="exact"`` inverts ``H + c tr(H)/P I`` itself, with P = K (D + 1) at most
``MAX_EXACT`` parameters, and stores N x P numbers.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from fairprune._arrays import as_labels
from fairprune._optional import needed
from fairprune._validation import check_integer, checked
from fairprune.algorithms import least_sum
from fairprune.algorithms.least_sum import Curvature, Damping, Factors

MAX_EXACT = 2000
_TINY = 1e-12  # smallest mean eigenvalue: softmax outputs that are exactly one-hot have none


@checked
def factors(
    embeddings: np.ndarray,
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    damping: Damping = 0.1,
    curvature: Curvature = "kronecker",
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
    probabilities = np.asarray(probabilities, dtype=np.float64)
    n, n_classes = probabilities.shape
    labels, _ = as_labels(labels, n_classes)
    if not len(embeddings) == n == len(labels):
        lengths = len(embeddings), n, len(labels)
        raise ValueError(f"embeddings, probabilities and labels differ in length: {lengths}")
    h = np.hstack([np.asarray(embeddings, dtype=np.float64), np.ones((n, 1))])  # (N, D + 1)
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
    try:
        return linalg.solve(matrix + added * np.eye(size), right, assume_a="pos")
    except linalg.LinAlgError as error:
        raise ValueError(
            f"the curvature cannot be inverted with damping={damping}: take a larger one, and "
            "check that probabilities are in [0, 1] and sum to 1"
        ) from error


def minimise(
    influences: Factors,
    n_remove: int,
    *,
    generator: np.random.Generator,
    n_iterations: int = 200,
    n_samples: int = 2,
    n_rounds: int = 100,
) -> np.ndarray:
    """The examples whose joint removal changes the parameters least.

    Solves a relaxed problem, rounds the solution and improves it by exchanges
    (:mod:`fairprune.algorithms.least_sum`). The result is a local optimum. The search runs on one
    thread, so that the result does not depend on the number of threads.

    Parameters
    ----------
    influences : Factors
        Influences of N examples.
    n_remove : int
        Size of the set, at most N.
    generator : Generator
        Draws the random roundings.
    n_iterations : int, default=200
        Gradient steps on the relaxed problem, at most.
    n_samples : int, default=2
        Random roundings tried beside the two fixed ones.
    n_rounds : int, default=100
        Blocks of exchanges from each rounding, at most.

    Returns
    -------
    ndarray of shape (n_remove,), int64
        Removed positions, ascending.
    """
    check_integer("n_remove", n_remove, minimum=0, maximum=len(influences))
    check_integer("n_iterations", n_iterations, minimum=1)
    check_integer("n_samples", n_samples, minimum=0)
    check_integer("n_rounds", n_rounds, minimum=0)
    limits = {"n_iterations": n_iterations, "n_samples": n_samples, "n_rounds": n_rounds}
    with needed("threadpoolctl", "scores").threadpool_limits(1):
        return least_sum.solve(influences, n_remove, generator, **limits)


def largest(
    influences: Factors,
    epsilon: float,
    *,
    generator: np.random.Generator,
    maximum: int | None = None,
    **limits: int,
) -> np.ndarray:
    """The largest set found with ``||sum S_z|| <= epsilon``, the paper's first formulation.

    Bisection on the size, which assumes that the least norm grows with the size. This holds
    for a minority of the examples but not for nearly all of them: at a stationary point of the
    training loss the influences of all examples sum to zero.

    Parameters
    ----------
    influences : Factors
        Influences of N examples.
    epsilon : float
        Norm allowed, not negative.
    generator : Generator
        As for :func:`minimise`.
    maximum : int, optional
        Largest size considered; half of the examples by default.
    **limits : int
        As for :func:`minimise`.

    Returns
    -------
    ndarray of shape (m,), int64
        Removed positions, ascending; empty if every single removal exceeds ``epsilon``.
    """
    if not epsilon >= 0:
        raise ValueError(f"epsilon must not be negative, got {epsilon!r}")
    maximum = len(influences) // 2 if maximum is None else maximum
    check_integer("maximum", maximum, minimum=0, maximum=len(influences))
    feasible, infeasible = np.empty(0, np.int64), maximum + 1
    while infeasible - len(feasible) > 1:
        size = (len(feasible) + infeasible) // 2
        removed = minimise(influences, size, generator=generator, **limits)
        if joint_norm(influences, removed) <= epsilon:
            feasible = removed
        else:
            infeasible = size
    return feasible


def joint_norm(influences: Factors, removed: np.ndarray) -> float:
    """``||sum S_z||`` over the removed positions."""
    chosen = influences[removed]
    return float(np.linalg.norm(chosen.g.T.astype(np.float64) @ chosen.a.astype(np.float64)))
