"""The line-card HAT's client: greeting, versions, health, and whom its events concern."""
