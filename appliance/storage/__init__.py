"""What must survive a power cut: configuration, history, recordings."""
