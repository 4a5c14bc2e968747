"""Writes the C of both bindings, to be compiled for another machine: binding_sources.py FOLDER."""

import sys
from pathlib import Path

from appliance.audio import build_binding

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    build_binding.ffi.emit_c_code(str(folder / "_audio_loop.c"))
    build_binding.card_ffi.emit_c_code(str(folder / "_card_side.c"))
