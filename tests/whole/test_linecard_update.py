"""New firmware into the host-built card over its link: good, bad, cut, taken back."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.interfaces import BytePipe
from appliance.linecard.image import ImageError
from appliance.linecard.messages import HelloReply
from appliance.linecard.update import UpdateFailed, Updater
from appliance.loop import VirtualLoop
from appliance.simulator.hat import Hat, HatConfig
from tests.whole.linecard_images import Keys, factory_flash

OLD, NEW = (0, 2, 0), (0, 3, 0)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.make(tmp_path_factory.mktemp("keys"), "product")


class CutPipe:
    """A port whose wire is cut both ways while ``cut`` says so."""

    def __init__(self, inner: BytePipe, cut: Callable[[], bool]) -> None:
        self._inner, self._cut = inner, cut

    def fileno(self) -> int:
        return self._inner.fileno()

    def read(self) -> bytes:
        data = self._inner.read()
        return b"" if self._cut() else data

    def write(self, data: bytes) -> int:
        return len(data) if self._cut() else self._inner.write(data)

    def close(self) -> None:
        self._inner.close()


class Rig:
    def __init__(self, folder: Path, keys: Keys) -> None:
        self.loop = VirtualLoop()
        flash = factory_flash(folder / "flash", keys.update(OLD))
        config = HatConfig("hat", folder / "port", flash=(flash, keys.public))
        self.config = config
        self.hat = Hat(self.loop, config, lockstep=True)
        self.hat.start()
        self.progress: list[int] = []
        self.cut_s: tuple[float, float] = (-1.0, -1.0)

    def close(self) -> None:
        self.hat.stop()
        self.loop.close()

    def _is_cut(self) -> bool:
        return self.cut_s[0] <= self.loop.time() < self.cut_s[1]

    def flash(self, file: bytes, *, allow_older: bool = False) -> str:
        asyncio.set_event_loop(self.loop)

        def progress(percent: int) -> None:
            self.progress.append(percent)

        updater = Updater(self.loop, file, allow_older=allow_older, progress=progress)
        run = updater.run("hat", lambda _path: CutPipe(self.hat.connect(), self._is_cut))
        return self.loop.run_until_complete(asyncio.wait_for(run, 300))

    def pass_s(self, seconds: float) -> None:
        self.loop.call_later(seconds, self.loop.stop)
        self.loop.run_forever()

    def power_cycle(self) -> None:
        self.hat.stop()
        self.hat = Hat(self.loop, self.config, lockstep=True)
        self.hat.start()


@pytest.fixture
def rig(tmp_path: Path, keys: Keys) -> Iterator[Rig]:
    made = Rig(tmp_path, keys)
    yield made
    made.close()


def test_a_good_image_runs_and_stays(rig: Rig, keys: Keys) -> None:
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"
    assert rig.progress[-1] == 100
    rig.power_cycle()
    assert rig.flash(keys.update((0, 4, 0))) == "the card runs firmware 0.4.0"


@pytest.mark.parametrize("behaviour", [b"hangs", b"deaf"])
def test_an_image_that_does_not_work_is_taken_back(rig: Rig, keys: Keys, behaviour: bytes) -> None:
    begun = rig.loop.time()
    with pytest.raises(UpdateFailed, match=r"0\.3\.0 did not work, and the card went back to 0\.2"):
        rig.flash(keys.update(NEW, behaviour))
    assert rig.loop.time() - begun < 75
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"


def test_another_signature_is_refused_before_anything_is_sent(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="signature"):
        rig.flash(Keys.make(tmp_path, "stranger").update(NEW))
    assert rig.progress == []


def test_the_card_itself_refuses_a_signature(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.linecard.update.is_signed_by", lambda _part, _key: True)
    with pytest.raises(UpdateFailed, match="signature is not the one this card trusts"):
        rig.flash(Keys.make(tmp_path, "stranger").update(NEW))
    assert rig.progress[-1] == 100


def test_another_board_s_file_is_refused(rig: Rig, keys: Keys) -> None:
    with pytest.raises(ImageError, match="the file is for board B-2FXO, the card is a HOST"):
        rig.flash(keys.update(NEW, board="B-2FXO"))


def test_an_older_one_needs_a_word(rig: Rig, keys: Keys) -> None:
    with pytest.raises(UpdateFailed, match="--allow-older"):
        rig.flash(keys.update((0, 1, 9)))
    done = rig.flash(keys.update((0, 1, 9)), allow_older=True)
    assert done == "the card runs firmware 0.1.9"


def test_a_lifted_handset_puts_it_off(rig: Rig, keys: Keys) -> None:
    rig.hat.command("lift 3")
    rig.pass_s(0.1)
    with pytest.raises(UpdateFailed, match="in use"):
        rig.flash(keys.update(NEW))
    rig.hat.command("hang_up 3")
    rig.pass_s(1.5)
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"


def test_a_cut_link_goes_on_where_it_stopped(rig: Rig, keys: Keys) -> None:
    rig.cut_s = (0.15, 4.0)
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"
    assert rig.loop.time() > 4.0
    assert rig.progress.count(rig.progress[0]) == 1  # not from the beginning again


def test_a_card_that_falls_silent_after_its_first_greeting_is_asked_again(
    rig: Rig, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose slow flash lets it restart later than is thought."""
    greet = Updater._greet
    answered: list[float] = []

    async def greet_then_silence(self: Updater, *given: Any) -> HelloReply:
        reply = await greet(self, *given)
        answered.append(rig.loop.time())
        if len(answered) == 2:
            rig.cut_s = (answered[-1], answered[-1] + 1.5)
        return reply

    monkeypatch.setattr(Updater, "_greet", greet_then_silence)
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"
    assert len(answered) == 3


def test_a_power_cut_mid_way_leaves_the_old_one(rig: Rig, keys: Keys) -> None:
    rig.cut_s = (0.15, 1e9)
    with pytest.raises(UpdateFailed):
        rig.flash(keys.update(NEW))
    assert 0 < max(rig.progress) < 100
    rig.power_cycle()
    rig.cut_s = (-1.0, -1.0)
    assert rig.flash(keys.update(NEW)) == "the card runs firmware 0.3.0"
