"""Articles become a searchable archive: the write side, and the store."""
