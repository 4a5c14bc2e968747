"""Describes the binding to the C audio loop to cffi; its header is the one truth about the API."""

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "firmware" / "audio" / "include" / "audio_loop.h"
LIBRARY = ROOT / "build" / "libaudio_loop.a"
BEGIN, END = "/* CFFI BEGIN */", "/* CFFI END */"


def declarations(header: str) -> str:
    """The part of ``header`` that cffi reads. Raises ValueError when a mark is missing."""
    _, begin, rest = header.partition(BEGIN)
    text, end, _ = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{HEADER} has lost its CFFI marks")
    return text


ffi = FFI()
ffi.cdef(declarations(HEADER.read_text(encoding="utf-8")))
ffi.set_source(
    "appliance.audio._audio_loop",
    '#include "audio_loop.h"',
    include_dirs=[str(HEADER.parent)],
    extra_objects=[str(LIBRARY)],
    depends=[str(HEADER), str(LIBRARY)],
    libraries=["pthread", "m"],
    py_limited_api=True,
)
