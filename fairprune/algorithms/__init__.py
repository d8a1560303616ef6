"""The science: algorithms on arrays, independent of the workflow."""
