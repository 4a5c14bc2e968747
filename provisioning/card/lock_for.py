"""Writes a lock as another machine reads it: lock_for.py PYTHON_VERSION MACHINE LOCK...

Prints the requirements whose markers hold for that Python ("3.13.5") and machine ("aarch64"),
without their markers: pip, run here for there, would answer them for this machine.
"""

import sys
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement


def requirements(lock: str) -> list[tuple[str, str]]:
    """Each requirement of ``lock`` with its hashes as they stand there."""
    joined = lock.replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            wanted, _, hashes = line.partition("--hash=")
            found.append((wanted.strip(), f"--hash={hashes}"))
    return found


def main() -> None:
    """Print what the other machine wants."""
    version, machine, *locks = sys.argv[1:]
    there = {
        "python_version": ".".join(version.split(".")[:2]),
        "python_full_version": version,
        "platform_machine": machine,
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_system": "Linux",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for lock in locks:
        for wanted, hashes in requirements(Path(lock).read_text(encoding="utf-8")):
            requirement = Requirement(wanted)
            if requirement.marker is None or requirement.marker.evaluate(there):
                print(f"{requirement.name}{requirement.specifier}", hashes)


if __name__ == "__main__":
    main()
