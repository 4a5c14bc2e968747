"""Whole calls: daemon, drivers, C loop, HAT firmware and network together, in virtual time."""
