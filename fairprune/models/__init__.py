"""Classifiers, one per file: ``build(n_classes, in_channels, image_size, **options)``.

``n_classes`` is K and ``image_size`` is in pixels per side; each file says which sizes and options
it takes. ``build`` returns an untrained module that maps images (B, C, H, W) to logits (B, K).
"""
