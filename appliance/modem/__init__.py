"""Modem protocols without I/O: AT replies, command queue, DLE shield, caller-ID text."""
