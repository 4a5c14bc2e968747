"""The audio loop as the daemon sees it: ports, links, prompts, tones, bridges and taps.

Everything here runs on the main thread and never waits. The C loop reports back through the asyncio
loop: in real time from its own thread by an eventfd, in virtual time within each tick's callback.
"""

import asyncio
from collections.abc import Callable, Sequence

from appliance.audio.binding import check, ffi, lib
from appliance.audio.card_ports import CardPorts
from appliance.audio.clips import Clip
from appliance.audio.legs import Legs
from appliance.audio.loop_events import EventTranslator, LoopEvent
from appliance.audio.player import Player
from appliance.audio.port_table import PortTable
from appliance.audio.stats import LoopStats, PortStats, read_loop_stats, read_port_stats
from appliance.audio.taps import Tap
from appliance.audio.tone_patterns import TonePatterns
from appliance.audio.tones import country_tones
from appliance.errors import AudioError
from appliance.interfaces import CardListener, HangUpTone, LinkListener, PortListener

TICK_S = 0.01
COMFORT_DBM0 = -62.0  # a quiet line's own noise; every detector of silence takes it for silence


class AudioEngine:
    """Implements `interfaces.AudioPorts`, and what the dispatcher asks for besides.

    ``loop``: where events are delivered. ``country``: whose tones are played (ISO 3166 alpha-2).
    ``on_trouble``: told one sentence when the loop muted itself. Raises AudioError when memory is
    short; every method raises it when C refuses. Close the recorder before the engine.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        country: str = "US",
        music: Clip | None = None,
        on_trouble: Callable[[str], None] | None = None,
    ) -> None:
        pointer = lib.audio_loop_new()
        if pointer == ffi.NULL:
            raise AudioError("not enough memory for the audio loop")
        self._pointer = pointer
        self._loop = loop
        self._patterns = TonePatterns(pointer, country_tones(country).patterns)
        self._on_trouble = on_trouble
        self._ports = PortTable(lib.AUDIO_MAX_PORTS, lib.AUDIO_MAX_LINKS, lib.AUDIO_LINK_SOCKETS)
        self.player = Player(pointer, self._ports, country, music)
        self.cards = CardPorts(pointer, self._ports)
        self.legs = Legs(pointer, self._ports)
        self._taps: dict[int, Tap] = {}
        self._tap_closed: dict[int, Callable[[], None]] = {}
        self._ticker: asyncio.TimerHandle | None = None
        self._has_thread = False
        self._is_closed = False
        self._translator = EventTranslator(
            pointer,
            self._ports,
            {
                lib.AUDIO_PLAYED: self.player.played,
                lib.AUDIO_TONE: self._tone_heard,
                lib.AUDIO_CLIP_FREED: self.player.clip_freed,
                lib.AUDIO_TAP_CLOSED: self._tap_is_closed,
                lib.AUDIO_MUTED: self._muted,
                lib.AUDIO_CARD: self.cards.told,
                lib.AUDIO_ONE_WAY: self.legs.one_way_heard,
                lib.AUDIO_SECRET: self._digits_blanked,
            },
        )

    # --- life --------------------------------------------------------------------------------

    def start(self, rt_priority: int = 0) -> None:
        """Run the loop in its own C thread. ``rt_priority``: SCHED_FIFO 1-99, 0 = ordinary."""
        check(lib.audio_loop_start(self._pointer, rt_priority), "the audio thread")
        self._has_thread = True
        self._loop.add_reader(lib.audio_loop_event_fd(self._pointer), self._drain)

    def start_virtual(self) -> None:
        """Do one tick every 10 ms of the asyncio loop's time, on an absolute schedule.

        A quarter of a tick late, so that a device that keeps the same beat is never now before
        and now after it by the rounding of a float.
        """
        begun = self._loop.time() + TICK_S / 4
        count = 0

        def tick() -> None:
            nonlocal count
            lib.audio_loop_step(self._pointer, round(self._loop.time() * 1e9))
            self._drain()
            count += 1
            self._ticker = self._loop.call_at(begun + count * TICK_S, tick)

        self._ticker = self._loop.call_at(begun, tick)

    def configure(self, country: str, music: Clip | None) -> None:
        """Tones and music for what is played, and tones to listen for, from now on."""
        self.player.configure(country, music)
        self._patterns.set_country(country_tones(country).patterns)

    def heartbeat(self) -> None:
        """Tell C that Python lives; call it each second. After 5 s without, C mutes every port."""
        check(lib.audio_loop_heartbeat(self._pointer), "heartbeat")

    def close(self) -> None:
        """Stop the loop; ports, links and taps end without further calls. Idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._ticker is not None:
            self._ticker.cancel()
        if self._has_thread:
            self._loop.remove_reader(lib.audio_loop_event_fd(self._pointer))
            lib.audio_loop_stop(self._pointer)
        if not self._taps:  # a tap that may still be read keeps the loop's memory
            lib.audio_loop_free(self._pointer)

    # --- ports (interfaces.AudioPorts) -------------------------------------------------------

    def open_port(self, listener: PortListener) -> int:
        """Reserve a silent port. Raises AudioError when none is free."""
        return self._ports.open(listener)

    def open_card_port(self, card: str, listener: CardListener) -> int:
        """A port on a sound card; silent while the card is away. Raises AudioError."""
        return self.cards.open(card, listener)

    def close_port(self, port: int) -> None:
        """Give a port back; its listener hears nothing more. Detach its descriptor before."""
        self._ports.require(port)
        self.cards.closed(port)
        self.player.stop(port)
        self.listen(port, digits=False, busy=False, silence_ms=0, lenient=False)
        self.set_gain(port, 0, 0)
        self.legs.forget(port)
        self._patterns.forget(port)
        for source, target in self._ports.routes_of(port):
            self._route(source, target, False)
        if self._ports.close(port):
            self._ask_detach(port)

    def attach_stream(self, port: int, fd: int, already_read: bytes) -> None:
        """Give a modem's DLE-shielded µ-law stream to C, with up to 4096 bytes read ahead.

        From then on the caller hears soft noise wherever nothing else is heard.
        """
        self._ports.require(port)
        ahead = ffi.from_buffer("uint8_t[]", already_read)
        attached = lib.audio_port_attach_stream(self._pointer, port, fd, ahead, len(already_read))
        check(attached, f"stream on port {port}")
        self.set_comfort_noise(port, COMFORT_DBM0)

    def attach_pcm(self, port: int, fd: int) -> None:
        """Give a modem's serial PCM to C: s16le mono 8 kHz, raw, both ways at its device's pace.

        ``fd``: a tty or socket; what waits to be read is thrown away. Detach it as a stream.
        """
        self._ports.require(port)
        check(lib.audio_port_attach_pcm(self._pointer, port, fd), f"serial PCM on port {port}")

    def set_farewell(self, port: int, data: bytes) -> None:
        """For the stream attached next: what hangs up (raw) if Python falls silent for 5 s."""
        self._ports.require(port)
        raw = ffi.from_buffer("uint8_t[]", data)
        check(lib.audio_port_set_farewell(self._pointer, port, raw, len(data)), f"port {port}")

    def end_stream(self, port: int, tail: bytes) -> None:
        """Drain, send ``tail`` raw and watch for the end mark; `stream_ended` follows."""
        self._ports.require(port)
        raw = ffi.from_buffer("uint8_t[]", tail)
        check(lib.audio_port_end_stream(self._pointer, port, raw, len(tail)), f"end of port {port}")

    def detach(self, port: int) -> None:
        """Stop using the port's descriptor now; `port_detached` follows."""
        self._ports.require(port)
        self._ask_detach(port)

    def attach_link(self, fd: int, listener: LinkListener) -> int:
        """Give a HAT's serial link to C, with eight ports. Raises AudioError when none are left."""
        link, first = self._ports.open_link(listener)
        sockets = lib.AUDIO_LINK_SOCKETS
        attached = lib.audio_link_attach(self._pointer, link, fd, first, sockets)
        if attached < 0:
            self._ports.close_link(link)
        check(attached, f"link {link}")
        return link

    def link_port(self, link: int, socket: int, listener: PortListener) -> int:
        """The audio port of one socket (1-8, as printed on the board) on a link."""
        return self._ports.open_socket(link, socket, listener)

    def send_link_message(self, link: int, kind: int, payload: bytes) -> None:
        """Queue one control message (up to 64 bytes) for the HAT."""
        self._ports.require_link(link)
        raw = ffi.from_buffer("uint8_t[]", payload)
        sent = lib.audio_link_send(self._pointer, link, kind, raw, len(payload))
        check(sent, f"message to link {link}")

    def detach_link(self, link: int) -> None:
        """Stop using the link's descriptor now; `link_detached` follows and frees its ports."""
        self._ports.require_link(link)
        check(lib.audio_link_detach(self._pointer, link), f"link {link}")

    # --- what is heard -----------------------------------------------------------------------

    def bridge(self, first: int, second: int) -> None:
        """Let two ports hear each other, until `unbridge`."""
        self._ports.require(first)
        self._ports.require(second)
        self._route(first, second, True)
        self._route(second, first, True)

    def hear(self, listener: int, source: int, is_on: bool) -> None:
        """Let one port hear another one way (a listener, a whisper), or no more."""
        self._ports.require(listener)
        self._ports.require(source)
        self._route(source, listener, is_on)

    def is_bridged(self, port: int) -> bool:
        """Whether it hears any other port now."""
        return self._ports.hears_any(port)

    def unbridge(self, first: int, second: int) -> None:
        """Part them. Safe when they are not bridged."""
        self._route(first, second, False)
        self._route(second, first, False)

    def listen(
        self,
        port: int,
        *,
        digits: bool,
        busy: bool,
        silence_ms: int,
        lenient: bool,
        caller_id: bool = False,
        answer: bool = False,
    ) -> None:
        """What to listen for from now on. ``busy``: every call-progress tone.

        ``silence_ms``: 0 = not; ``lenient``: menu mode. ``caller_id``: FSK messages; DTMF strings
        too unless ``digits``, as keys are then keys. ``answer``: has the called party answered?
        Speech, once each time it is turned on anew; with ``busy`` the end of ringback, too.
        """
        self._ports.require(port)
        flags = lib.AUDIO_LISTEN_DIGITS if digits else 0
        if busy:
            self._patterns.load(port)
        flags |= lib.AUDIO_LISTEN_TONES if busy else 0
        flags |= lib.AUDIO_LISTEN_SILENCE if silence_ms else 0
        flags |= lib.AUDIO_LISTEN_LENIENT if lenient else 0
        flags |= lib.AUDIO_LISTEN_CALLER_ID if caller_id else 0
        flags |= lib.AUDIO_LISTEN_ANSWER if answer else 0
        check(lib.audio_port_listen(self._pointer, port, flags, silence_ms), f"port {port}")

    def expect_dial_tone(self, port: int, is_expected: bool) -> None:
        """Tell of a dial tone at once, not only after the seconds that end a call."""
        self._ports.require(port)
        self._patterns.expect_dial_tone(port, is_expected)

    def send_keys(self, port: int, keys: str, on_sent: Callable[[bool], None]) -> None:
        """Touch tones in place of what the port hears; see `interfaces.AudioPorts`."""
        self.player.send_keys(port, keys, on_sent)

    def key_feedback(self, port: int, key: str) -> None:
        """A keypad's key: softly to the port itself, and to whoever hears it."""
        self.player.key_feedback(port, key)

    def set_hang_up_tones(self, port: int, tones: Sequence[HangUpTone]) -> None:
        """What this port's exchange gives when the far end hangs up, beside the country's tones.

        Up to 4, until the port is closed. Raises AudioError for what cannot be listened for.
        """
        self._ports.require(port)
        self._patterns.set_hang_up(port, tones)

    def set_gain(self, port: int, in_db: float, out_db: float) -> None:
        """Amplify what comes in and goes out, in dB."""
        self._ports.require(port)
        gained = lib.audio_port_gain(self._pointer, port, round(in_db * 10), round(out_db * 10))
        check(gained, f"gain of port {port}")

    def set_comfort_noise(self, port: int, level_dbm0: float | None) -> None:
        """Soft noise (-90 to -30 dBm0) instead of dead silence at this port; None: silence.

        It ends with the stream that is attached.
        """
        self._ports.require(port)
        level = 0 if level_dbm0 is None else round(level_dbm0 * 10)
        check(lib.audio_port_comfort(self._pointer, port, level), f"port {port}")

    # --- taps and figures --------------------------------------------------------------------

    def open_tap(self, port: int) -> Tap:
        """Begin to record a port: both directions from the next tick. Raises AudioError."""
        self._ports.require(port)
        number = next((n for n in range(lib.AUDIO_MAX_TAPS) if n not in self._taps), None)
        if number is None:
            raise AudioError("every recorder tap is in use")
        check(lib.audio_tap_open(self._pointer, number, port), f"recording of port {port}")
        self._taps[number] = Tap(self._pointer, number, port, self.close_tap, self.release_tap)
        return self._taps[number]

    def close_tap(self, tap: Tap, on_closed: Callable[[], None]) -> None:
        """Stop a tap; after ``on_closed`` nothing is added: read the rest, then `release_tap`."""
        check(lib.audio_tap_close(self._pointer, tap.number), f"recording of port {tap.port}")
        self._tap_closed[tap.number] = on_closed

    def release_tap(self, tap: Tap) -> None:
        """Nobody reads the closed tap any more: its number may be used again."""
        self._taps.pop(tap.number, None)

    def port_stats(self, port: int) -> PortStats:
        """The figures of one port."""
        return read_port_stats(self._pointer, port)

    def stats(self) -> LoopStats:
        """The loop's own figures; the watchdog is fed only while ``ticks`` moves."""
        return read_loop_stats(self._pointer)

    @property
    def in_use(self) -> dict[str, int]:
        """How many ports, links, taps and playbacks there are now; all but links come and go."""
        ports, links = self._ports.in_use
        counts = {"ports": ports, "links": links, "taps": len(self._taps)}
        return counts | {"playbacks": self.player.playing}

    # --- inside ------------------------------------------------------------------------------

    def _drain(self) -> None:
        while (event := self._translator.next_event()) is not None:
            # each in a callback of its own: a listener's error can't swallow another's event
            self._loop.call_soon(self._deliver, event)

    def _deliver(self, event: LoopEvent) -> None:
        if not self._is_closed:
            self._translator.deliver(event)

    def _ask_detach(self, port: int) -> None:
        check(lib.audio_port_detach(self._pointer, port), f"port {port}")
        self._ports.detach_asked(port)

    def _route(self, source: int, target: int, is_on: bool) -> None:
        set_ = lib.audio_route_set(self._pointer, source, target, int(is_on))
        check(set_, f"bridge from port {source} to port {target}")
        self._ports.set_route(source, target, is_on)

    def _tone_heard(self, event: LoopEvent) -> None:
        if listener := self._ports.listener(event.port):
            on_ms, off_ms, cycles = event.value, event.value2, event.detail
            listener.tone_heard(self._patterns.heard(event.id, on_ms, off_ms, cycles, event.data))

    def _tap_is_closed(self, event: LoopEvent) -> None:
        on_closed = self._tap_closed.pop(event.id, None)
        if on_closed is not None:
            on_closed()

    def _digits_blanked(self, event: LoopEvent) -> None:
        tap = self._taps.get(event.id)
        if tap is not None:
            tap.blanked(event.value, event.value2)

    def _muted(self, _event: LoopEvent) -> None:
        if self._on_trouble is not None:
            self._on_trouble("the audio loop heard nothing from the daemon for 5 s and fell silent")
