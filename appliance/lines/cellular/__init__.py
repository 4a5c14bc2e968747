"""A line behind a GSM or LTE modem: its calls, its short messages, and its recovery."""
