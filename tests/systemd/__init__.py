"""The units and what stands beside them, tried with the service manager's own tools."""
