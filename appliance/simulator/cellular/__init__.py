"""Emulated GSM and LTE modems, their SIMs, and the mobile network they are attached to."""
