"""The study: its configuration, checked and resolved into experiments, names and seeds."""
