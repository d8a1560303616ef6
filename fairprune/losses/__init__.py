"""Class weights of the training loss, one loss per file: ``class_weights(recall, **options)``."""
