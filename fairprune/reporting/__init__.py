"""From results to the tables that people read, with their intervals."""
