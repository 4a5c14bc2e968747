"""A line behind a V.253 voice modem on a tty."""
