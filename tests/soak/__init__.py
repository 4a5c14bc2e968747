"""Thousands of calls through each emulated line, with faults drawn at random: see __main__."""
