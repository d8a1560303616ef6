"""The study: its configuration, checked and resolved to experiments, names and seeds."""
