"""An exchange line on a FXO socket of a line-card HAT."""
