"""Describes the sound card's callback to cffi: a module that a card's process alone loads.

The daemon, which never touches a sound card itself, so needs no speexdsp.
"""

from cffi import FFI

from appliance.audio.build_binding import ROOT, declarations

HEADER = ROOT / "firmware" / "card" / "include" / "card_side.h"
LIBRARY = ROOT / "build" / "libcard_side.a"

ffi = FFI()
ffi.cdef(declarations(HEADER.read_text(encoding="utf-8")))
ffi.set_source(
    "appliance.audio._card_side",
    '#include "card_side.h"',
    include_dirs=[str(HEADER.parent)],
    extra_objects=[str(LIBRARY)],
    depends=[str(HEADER), str(LIBRARY)],
    libraries=["speexdsp"],
    py_limited_api=True,
)
