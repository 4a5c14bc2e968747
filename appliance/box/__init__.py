"""The machine the shop runs on: what root's one-shots do when it starts and when the page asks."""
