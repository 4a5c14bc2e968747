"""Touch tones: signals to try a detector with, a table of impairments, what counts as heard."""
