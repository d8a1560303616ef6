"""Norms of per-example gradients, without forming the gradients.

One file per type of layer. Each has ``supports(layer, inputs, n_examples)`` and
``squared_norms(layer, trained, inputs, gradient)``: the squared norm (B,) of each example's
gradient with respect to the layer's own parameters named in ``trained``, from the layer's input
and the gradient at its output. Parameters that no file supports go through
:mod:`fairprune.algorithms.gradients.functional`, and :mod:`fairprune.algorithms.gradients.norms`
combines them all.

Letters here: B examples, T positions, C input and O output channels.
"""
