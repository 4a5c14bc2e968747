"""The owner's page: a client of the control socket and of nothing else."""
