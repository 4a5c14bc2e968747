"""The machine that a shop runs on: power, card, clock, heat, services; what root does for it."""
