"""One module per stage of the workflow: files in, files out, called by one script each."""
