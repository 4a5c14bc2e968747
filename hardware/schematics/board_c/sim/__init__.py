"""What ngspice says of the spec's values."""
