"""Draws KiCad 9 sheets from places chosen by hand; holds them against the board's own netlist."""
