"""Counterbell's telephony daemon: answers lines, runs menus, rings handsets, records, remembers."""

__version__ = "0.1.0"
