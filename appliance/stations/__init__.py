"""Places to answer a call: one driver for each kind of handset."""
