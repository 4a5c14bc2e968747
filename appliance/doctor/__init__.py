"""`counterbell doctor`: what is plugged in, whether it is well, and the next step for a person."""
