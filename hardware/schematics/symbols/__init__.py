"""Symbols of parts that KiCad does not know, made from tables of pins."""
