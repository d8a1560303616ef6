"""Files: tables, atomic writes and the canonical form of a data set."""
