"""The science: algorithms on arrays, apart from the workflow."""
