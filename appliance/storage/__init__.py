"""What survives a power cut: configuration, accounts, history; and the folder they live in."""
