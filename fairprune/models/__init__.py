"""Classifiers, one per file: ``build(n_classes, in_channels, image_size, **options)``.

``n_classes`` is K, ``image_size`` pixels per side; a file says which sizes and options it takes.
``build`` returns an untrained module that maps images (B, C, H, W) to logits (B, K).
"""
