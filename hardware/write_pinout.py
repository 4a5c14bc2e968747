"""Writes what others take from the pin table: `python -m hardware.write_pinout [--check]`."""

import argparse
import sys
from pathlib import Path

from hardware.pinout import ROOT, SOURCE, Pinout, read
from hardware.pinout_texts import eeprom_settings, header, overlay, settings


def written(pinout: Pinout) -> dict[Path, str]:
    """Every generated file of the checkout, by path, with its text."""
    return {
        ROOT / "firmware/linecard/core/pinout.h": header(pinout),
        ROOT / "hardware/hat/counterbell-linecard-overlay.dts": overlay(pinout),
        ROOT / "hardware/hat/eeprom_settings.txt": eeprom_settings(pinout),
        ROOT / "appliance/settings/boards.py": settings(pinout),
    }


def main() -> int:
    """0: written, or all up to date; 1: a file is not what the table says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    asked = parser.parse_args()
    stale = []
    for path, text in written(read(SOURCE.read_text(encoding="utf-8"))).items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if not asked.check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name}: {'not what pinout.toml says' if asked.check else 'written'}")
    return 1 if stale and asked.check else 0


if __name__ == "__main__":
    sys.exit(main())
