"""`counterbell update`: another release on this box; `counterbell release`: making one."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from appliance.box.release_file import Manifest
from appliance.box.release_keys import make_pair, read_secret
from appliance.box.release_making import PRESET, make_release_file
from appliance.box.update import Outcome
from appliance.box.update_run import Runner
from appliance.box.update_sources import from_file, from_url
from appliance.box.update_states import Stage
from appliance.box.update_system import BoxPaths, BoxSystem, Source, out_of_the_way_of_the_link
from appliance.errors import ReleaseRefused, UpdateError

_FAST = 0  # of xz


def add_parsers(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add both to the command line; ``shared`` brings ``--state``."""
    about = "install another release beside this one, try it, switch to it, or come back"
    update = commands.add_parser("update", parents=[shared], help=about, description=about)
    what = update.add_mutually_exclusive_group(required=True)
    what.add_argument("source", nargs="?", metavar="FILE|URL", help="a release file")
    what.add_argument("--usb", action="store_true", help="the newest on a USB stick")
    what.add_argument("--resume", action="store_true", help="finish one that was cut off")
    what.add_argument("--asked", action="store_true", help=argparse.SUPPRESS)  # the page's
    update.add_argument("--plan", action="store_true", help="say what would be done, do nothing")
    update.add_argument("--allow-older", action="store_true", help="also back to an older release")
    update.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR",
        help="a folder that is a card's file system",
    )  # fmt: skip
    update.set_defaults(run=run_update)

    release = commands.add_parser("release", help="make a signed release file")
    inner = release.add_subparsers(required=True, metavar="COMMAND")
    pack = inner.add_parser("pack", help="sign a release that was built, as one file")
    pack.add_argument("tree", type=Path, metavar="RELEASE", help="its folder")
    pack.add_argument("--key", type=Path, required=True, metavar="FILE", help="the secret key")
    pack.add_argument("--out", type=Path, default=Path(), metavar="DIR")
    pack.add_argument("--fast", action="store_true", help="a larger file, sooner")
    pack.set_defaults(run=_pack)
    key = inner.add_parser("key", help="make a pair of keys: FILE and FILE.pub")
    key.add_argument("file", type=Path, metavar="FILE")
    key.set_defaults(run=_key)


def run_update(options: argparse.Namespace) -> int:
    """The exit code: 0 done, or nothing to do. Raises CounterbellError, OSError."""
    out_of_the_way_of_the_link()
    root: Path = options.root.resolve()
    is_here = root == Path("/")
    state = options.state.absolute() if is_here else root / "var/lib/counterbell"
    is_live = is_here and Path("/run/systemd/system").is_dir()
    runner = Runner(BoxPaths(root, state), _say, is_live=is_live)
    if options.asked:
        runner.asked()
        return 0
    if options.resume:
        resumed = runner.resume()
        return _ended(resumed) if resumed else 0
    source = _source(options, runner)
    if options.plan:
        return _plan(BoxSystem(BoxPaths(root, state), source, is_live=False), source, options)
    return _ended(runner.install(source, allow_older=options.allow_older))


def _source(options: argparse.Namespace, runner: Runner) -> Source:
    if options.usb:
        return runner.from_stick()
    named: str = options.source
    return (lambda: from_url(named)) if "://" in named else (lambda: from_file(Path(named)))


def _plan(system: BoxSystem, source: Source, options: argparse.Namespace) -> int:
    """Reads all of the file, and writes nothing."""
    with source() as file:
        manifest = system.checked(file, options.allow_older)
    if manifest.id == system.current():
        _say(f"Release {manifest.id} is in use already: nothing would be done.")
    else:
        _say(f"Would install release {_of(manifest)} in place of {system.current()}.")
    return 0


def _of(manifest: Manifest) -> str:
    made = time.strftime("%Y-%m-%d", time.gmtime(manifest.made_at))
    return f"{manifest.id} of {made}, {manifest.unpacked_bytes / 1e6:.0f} MB"


def _ended(outcome: Outcome) -> int:
    if outcome.is_same:
        _say(f"Release {outcome.version} is in use already: nothing was changed.")
        return 0
    if outcome.stage is Stage.DONE:
        _say(f"Done: release {outcome.version} is in use.")
        return 0
    if outcome.stage is Stage.RETURNED:
        raise UpdateError(f"the release before is in use again: {outcome.problem}")
    raise UpdateError(f"nothing was changed: {outcome.problem}")


def _say(sentence: str) -> None:
    sys.stdout.write(f"  {sentence}\n")
    sys.stdout.flush()


def _pack(options: argparse.Namespace) -> int:
    if not options.tree.is_dir():
        raise ReleaseRefused(f"there is no folder {options.tree}")
    preset = _FAST if options.fast else PRESET
    path = make_release_file(options.tree.resolve(), read_secret(options.key), options.out, preset)
    _say(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _key(options: argparse.Namespace) -> int:
    public = make_pair(options.file)
    _say(f"{options.file}: keep it secret and safe; it signs releases.")
    _say(f"{public}: boxes that trust it take them (/etc/counterbell/release-keys/).")
    return 0
