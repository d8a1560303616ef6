"""Classifiers, one per file: ``build(n_classes, in_channels, image_size, **options)``."""
