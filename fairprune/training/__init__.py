"""The training loop, and what a training remembers."""
