"""Builds the extension that carries the audio loop; everything else is in pyproject.toml.

``make -C firmware`` must have made build/libaudio_loop.a and build/libcard_side.a before.
"""

from setuptools import setup

setup(
    cffi_modules=[
        "appliance/audio/build_binding.py:ffi",
        "appliance/audio/build_binding.py:card_ffi",
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
