"""The line-card HAT's client: hello, versions, health; hands events to the lines and stations on it."""
