"""Faces of Dateline: the web chat and the command line. No retrieval logic here."""
