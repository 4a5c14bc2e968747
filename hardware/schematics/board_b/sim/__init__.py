"""Board B's figures, measured by ngspice on the spec's own values."""
