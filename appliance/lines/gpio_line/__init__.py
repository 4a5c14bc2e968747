"""A line on a one-line GPIO board, its sound through a sound card."""
