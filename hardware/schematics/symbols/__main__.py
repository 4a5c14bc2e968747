"""Writes the library: python -m hardware.schematics.symbols"""

from hardware.schematics.symbols.make import LIBRARY, library

LIBRARY.write_text(library())
