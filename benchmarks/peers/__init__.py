"""Dateline beside the libraries that people build the same thing with, on the same articles and questions."""
