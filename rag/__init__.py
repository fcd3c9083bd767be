"""A question becomes a cited answer: the read side."""
