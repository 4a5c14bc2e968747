"""The process of one sound card: ``python -m appliance.audio.sound_card_child``.

PortAudio does not see a card that is plugged in later, and starting it anew kills every open
stream; so each card has a process, which ends when its card does and is started again. Audio goes
from PortAudio's callback, in C, straight into the memory shared with the audio loop.

It says what it does in JSON, a line each, on its standard output, and ends with its parent, when
its standard input ends, or with one of the codes below.
"""

import argparse
import ctypes.util
import json
import mmap
import os
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from appliance.audio.card_names import CardInfo, choose, rates_to_try
from appliance.errors import NoSoundSystem, SoundCardAbsent, SoundCardRefused
from appliance.tied import end_with_parent

ENDED, NO_SYSTEM, ABSENT, REFUSED, STOPPED = 0, 3, 4, 5, 6
REASONS = {NO_SYSTEM: "no_system", ABSENT: "absent", REFUSED: "refused", STOPPED: "stopped"}
LATENCY_S = 0.02  # asked of ALSA; a sound server has its own
LOOK_S = 0.25
FIRST_S = 4.0  # a card's first callback
STALL_S = 1.0  # a card that calls no more
_NO_LIBRARY = "the PortAudio library is missing; install libportaudio2"


def main() -> int:
    """Serve or list; the exit code."""
    parser = argparse.ArgumentParser(description="one sound card for the audio loop")
    parser.add_argument("--list", action="store_true", help="say which cards there are, and end")
    parser.add_argument("--memory-fd", type=int, help="memory shared with the audio loop")
    parser.add_argument("--device", default="", help="the card's stable name")
    parser.add_argument("--rate-hz", type=int, default=0, help="0: the card's own")
    parser.add_argument("--rt-priority", type=int, default=0, help="of the callback; 0: ordinary")
    options = parser.parse_args()
    end_with_parent()
    with _apart() as told:
        if options.list:
            return _list(told)
        if options.memory_fd is None:
            parser.error("--memory-fd is needed")
        return _serve(told, options)


def _apart() -> TextIO:
    """Our own way out: sound libraries write to both standard outputs as they please."""
    sys.stderr.flush()
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return told


@contextmanager
def _urgent(rt_priority: int) -> Iterator[None]:
    """Threads begun meanwhile, PortAudio's among them, go first; where it is permitted."""
    if not rt_priority:
        yield
        return
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(rt_priority))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _say(told: TextIO, **facts: object) -> None:
    told.write(json.dumps(facts) + "\n")
    told.flush()


def _list(told: TextIO) -> int:
    try:
        cards = list_cards(sound_system())
    except NoSoundSystem as error:
        _say(told, system=str(error), cards=[])
        return NO_SYSTEM
    _say(
        told,
        system="",
        cards=[
            {
                "device": card.stable_names[0],
                "names": list(card.stable_names),
                "sound_system": card.host_api,
                "channels_in": card.channels_in,
                "channels_out": card.channels_out,
                "rate_hz": card.rate_hz,
            }
            for card in cards
        ],
    )
    return ENDED


def _serve(told: TextIO, options: argparse.Namespace) -> int:
    try:
        system = sound_system()
        card = choose(options.device, list_cards(system))
        with _urgent(options.rt_priority):
            stream = CardStream(system, card, options.rate_hz, options.memory_fd)
    except (NoSoundSystem, SoundCardAbsent, SoundCardRefused) as error:
        codes = {NoSoundSystem: NO_SYSTEM, SoundCardAbsent: ABSENT, SoundCardRefused: REFUSED}
        return _failed(told, codes[type(error)], str(error))
    _say(
        told,
        state="running",
        device=card.stable_names[0],
        sound_system=card.host_api,
        rate_hz=stream.rate_hz,
        nominal_hz=stream.nominal_hz,
        latency_ms=round(stream.latency_s * 1000.0, 1),
    )
    if _watch(stream):
        return ENDED
    return _failed(
        told, STOPPED, f"'{card.plain_name}' has stopped (unplugged, or its server ended)"
    )


def _failed(told: TextIO, code: int, text: str) -> int:
    _say(told, state="failed", reason=REASONS[code], text=text)
    return code


def _watch(stream: "CardStream") -> bool:
    """True when the parent wants no more, False when the card calls no more."""
    seen, patience_s = stream.callbacks, FIRST_S
    seen_at = time.monotonic()
    while True:
        ready, _, _ = select.select([0], [], [], LOOK_S)
        if ready and not os.read(0, 4096):
            return True
        now = time.monotonic()
        if stream.callbacks != seen:
            seen, seen_at, patience_s = stream.callbacks, now, STALL_S
        elif now - seen_at > patience_s:
            return False


# --- PortAudio -------------------------------------------------------------------------------


def sound_system() -> Any:
    """The sounddevice module, once PortAudio has started. Raises NoSoundSystem."""
    try:
        import sounddevice  # noqa: PLC0415  # importing it starts PortAudio, which may fail
    except OSError as error:  # its library is not installed, or does not load
        found = ctypes.util.find_library("portaudio")
        raise NoSoundSystem(str(error) if found else _NO_LIBRARY) from error
    return sounddevice


def list_cards(system: Any) -> list[CardInfo]:
    """Every device. Raises NoSoundSystem when there is none at all."""
    cards = list(_cards(system))
    if not cards:
        raise NoSoundSystem("there is no ALSA card and no sound server that answers")
    return cards


def _cards(system: Any) -> Iterator[CardInfo]:
    apis = system.query_hostapis()
    for device in system.query_devices():
        plain = CardInfo(
            int(device["index"]),
            str(device["name"]),
            str(apis[device["hostapi"]]["name"]),
            int(device["max_input_channels"]),
            int(device["max_output_channels"]),
            float(device["default_samplerate"]),
        )
        yield _with_alsa_names(plain)


def _with_alsa_names(card: CardInfo, root: Path = Path("/")) -> CardInfo:
    number = card.card_number
    if card.api != "alsa" or number is None:
        return card
    try:
        alsa_id = (root / f"proc/asound/card{number}/id").read_text(encoding="utf-8").strip()
    except OSError:
        alsa_id = ""
    place = (root / f"sys/class/sound/card{number}/device").resolve().name
    usb_path = place.partition(":")[0] if ":" in place else ""  # a USB interface is PORT:CONFIG.N
    return CardInfo(
        card.index,
        card.name,
        card.host_api,
        card.channels_in,
        card.channels_out,
        card.rate_hz,
        alsa_id,
        usb_path,
    )


class CardStream:
    """An open card whose callback, in C, works on the shared memory; runs until the process ends.

    Raises SoundCardRefused.
    """

    def __init__(self, system: Any, card: CardInfo, rate_hz: int, memory_fd: int) -> None:
        from appliance.audio._card_side import ffi, lib  # noqa: PLC0415  # not for those who list

        self._ffi, self._lib = ffi, lib
        self._memory = mmap.mmap(memory_fd, 0)
        self._counters = ffi.new("card_side_stats *")
        refusals: list[str] = []
        for open_hz, nominal in rates_to_try(rate_hz, card):
            for channels in _channels(card):
                try:
                    self._open(system, card, open_hz, nominal, channels)
                except system.PortAudioError as error:
                    refusals.append(f"{open_hz:g} Hz: {error.args[0]}")
                else:
                    self.rate_hz, self.nominal_hz = open_hz, nominal
                    return
        raise SoundCardRefused(f"'{card.plain_name}' can't be opened ({refusals[0]})")

    def _open(
        self, system: Any, card: CardInfo, open_hz: float, nominal: int, channels: tuple[int, int]
    ) -> None:
        base = self._ffi.from_buffer(self._memory)
        side = self._lib.card_side_open(base, len(self._memory), nominal, *channels)
        if side == self._ffi.NULL:
            raise SoundCardRefused(f"the shared memory is not for a card at {nominal} Hz")
        try:
            # sounddevice gives this class to libraries whose callback is a C function
            stream = system._StreamBase(
                kind="duplex",
                samplerate=open_hz,
                blocksize=0,
                device=card.index,
                channels=channels,
                dtype="int16",
                latency=LATENCY_S,
                callback=self._ffi.addressof(self._lib, "card_side_callback"),
                clip_off=False,
                dither_off=True,  # noise of its own would be heard as nothing but noise
                userdata=system._ffi.cast("void *", int(self._ffi.cast("uintptr_t", side))),
            )
            stream.start()
        except system.PortAudioError:
            self._lib.card_side_close(side)
            raise
        self._side, self._stream = side, stream

    @property
    def callbacks(self) -> int:
        """How often the card has called."""
        self._lib.card_side_get_stats(self._side, self._counters)
        return int(self._counters.callbacks)

    @property
    def latency_s(self) -> float:
        """In and out, as the sound system says."""
        return float(sum(self._stream.latency))


def _channels(card: CardInfo) -> list[tuple[int, int]]:
    """One channel each way, or what the card insists on."""
    stereo = (min(card.channels_in, 2), min(card.channels_out, 2))
    return list(dict.fromkeys([(1, 1), (1, stereo[1]), stereo]))


if __name__ == "__main__":
    # the sound libraries' own ends may wait for a card or server that is gone
    os._exit(main())
