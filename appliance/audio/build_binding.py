"""Describes the two bindings to C to cffi; each header is the one truth about its API.

``ffi``: the audio loop. ``card_ffi``: the sound card's callback, a module that a card's process
alone loads: the daemon, which never touches a sound card itself, so needs no speexdsp.
"""

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "/* CFFI BEGIN */", "/* CFFI END */"


def declarations(header: Path) -> str:
    """The part of ``header`` that cffi reads. Raises ValueError when a mark is missing."""
    _, begin, rest = header.read_text(encoding="utf-8").partition(BEGIN)
    text, end, _ = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{header} has lost its CFFI marks")
    return text


def _binding(module: str, header: Path, library: Path, libraries: list[str]) -> FFI:
    ffi = FFI()
    ffi.cdef(declarations(header))
    ffi.set_source(
        module,
        f'#include "{header.name}"',
        include_dirs=[str(header.parent)],
        extra_objects=[str(library)],
        depends=[str(header), str(library)],
        libraries=libraries,
        py_limited_api=True,
    )
    return ffi


FIRMWARE, BUILD = ROOT / "firmware", ROOT / "build"
ffi = _binding(
    "appliance.audio._audio_loop",
    FIRMWARE / "audio" / "include" / "audio_loop.h",
    BUILD / "libaudio_loop.a",
    ["pthread", "m"],
)
card_ffi = _binding(
    "appliance.audio._card_side",
    FIRMWARE / "card" / "include" / "card_side.h",
    BUILD / "libcard_side.a",
    ["speexdsp"],
)
