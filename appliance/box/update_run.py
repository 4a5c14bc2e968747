"""An update as it is asked for, on the command line or by the page: resumed, begun, told."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from appliance.box.acting import acting_as_owner
from appliance.box.release_keys import trusted_keys
from appliance.box.update import Outcome, Update
from appliance.box.update_exchange import (
    FOLDER,
    UPLOAD,
    Found,
    Request,
    Result,
    take_request,
    write_result,
)
from appliance.box.update_sources import from_file, from_url, mounted_sticks, releases_in
from appliance.box.update_states import JournalFile, Stage
from appliance.box.update_system import BoxPaths, BoxSystem, Run, Source, locked
from appliance.errors import CounterbellError, UpdateError

Sticks = Callable[[], AbstractContextManager[list[Path]]]
Say = Callable[[str], object]


class Runner:
    """``say`` hears each sentence. ``is_live``: services run on this very machine."""

    def __init__(
        self,
        paths: BoxPaths,
        say: Say,
        *,
        is_live: bool,
        run: Run | None = None,
        sticks: Sticks = mounted_sticks,
    ) -> None:
        self._paths = paths
        self._say = say
        self._is_live = is_live
        self._run = run
        self._sticks = sticks
        self._result = Result()

    def install(self, source: Source, *, allow_older: bool) -> Outcome:
        """Finish what was cut, then install. Raises UpdateError, OSError."""
        with locked(self._paths):
            self._resume()
            return self._told(lambda: self._update(source).begin(allow_older))

    def resume(self) -> Outcome | None:
        """Finish what was cut, if anything was. Raises UpdateError, OSError."""
        with locked(self._paths):
            return self._resume()

    def asked(self) -> None:
        """What the page asked for, after what was cut. Raises UpdateError, OSError."""
        with locked(self._paths):
            self._resume()
            with acting_as_owner(self._paths.state):
                request = take_request(self._paths.state)
            if request is None:
                return
            if request.what == "look":
                self._look()
                return
            self._told(lambda: self._update(self._source_of(request)).begin(request.allow_older))
            self._drop_upload()

    def from_stick(self, name: str = "") -> Source:
        """The file ``name`` on any stick, else the newest that fits this box."""

        @contextmanager
        def opened() -> Iterator[BinaryIO]:
            with self._sticks() as folders:
                found = releases_in(folders, trusted_keys(self._paths.keys))
                with from_file(_chosen(found, name)) as file:
                    yield file

        return opened

    # --- within ----------------------------------------------------------------------------------

    def _resume(self) -> Outcome | None:
        journal = JournalFile(self._paths.journal)
        if journal.read() is None:
            return None
        return self._told(self._update(None).resume)

    def _update(self, source: Source | None) -> Update:
        options = {} if self._run is None else {"run": self._run}
        system = BoxSystem(self._paths, source, is_live=self._is_live, **options)
        return Update(system, JournalFile(self._paths.journal), self._doing)

    def _source_of(self, request: Request) -> Source:
        if request.source == "upload":
            state = self._paths.state
            return lambda: from_file(state / FOLDER / UPLOAD, owner=state)
        if request.source == "stick":
            return self.from_stick(request.name)
        return lambda: from_url(request.url)

    def _look(self) -> None:
        keys = trusted_keys(self._paths.keys)
        self._put(Result(doing="looking", sentence="Looking at USB sticks"))
        found: tuple[Found, ...] = ()
        try:
            with self._sticks() as folders:
                found = tuple(one for _, one in releases_in(folders, keys))
        finally:
            self._put(Result(found=found))

    def _doing(self, stage: Stage, sentence: str) -> None:
        self._say(sentence)
        self._put(Result(doing=stage.value, sentence=sentence))

    def _told(self, work: Callable[[], Outcome | None]) -> Outcome:
        """``work``, and in the result how it ended."""
        try:
            outcome = work()
        except (CounterbellError, OSError) as error:
            self._put(Result(ended=Stage.GIVEN_UP.value, problem=str(error)))
            raise
        assert outcome is not None  # the journal was there
        problem = "this release is in use already" if outcome.is_same else outcome.problem
        ended = outcome.stage.value
        self._put(Result(ended=ended, version=outcome.version, problem=problem))
        return outcome

    def _put(self, result: Result) -> None:
        """For the page. An update goes on although nobody can be told of it."""
        state = self._paths.state
        if not state.is_dir():
            return
        try:
            with acting_as_owner(state):
                write_result(state, _now(result))
        except OSError as error:
            self._say(f"(the page can't be told: {error.strerror or error})")

    def _drop_upload(self) -> None:
        with acting_as_owner(self._paths.state), suppress(OSError):
            (self._paths.state / FOLDER / UPLOAD).unlink()


def _chosen(found: list[tuple[Path, Found]], name: str) -> Path:
    """Raises UpdateError."""
    for path, one in found:
        if path.name == name or not (name or one.problem):
            return path
    problems = [f"{one.name}: {one.problem}" for _, one in found if one.problem]
    raise UpdateError(problems[0] if problems else "there is no release on any USB stick")


def _now(result: Result) -> Result:
    return Result(
        time.time(), result.doing, result.sentence, result.ended,
        result.version, result.problem, result.found,
    )  # fmt: skip
