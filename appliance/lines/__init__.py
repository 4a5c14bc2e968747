"""Ways to the outside world: one driver for each kind of telephone line."""
