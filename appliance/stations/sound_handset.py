"""A handset made of a sound card and GPIOs: hook switch, ringer, lamp and, if wired, a keypad."""

import asyncio

from appliance.core.events import (
    DigitReceived,
    StationBecameReady,
    StationFailed,
    StationFlashed,
    StationHungUp,
    StationLifted,
)
from appliance.deaf_listener import DeafListener
from appliance.errors import AudioError, GpioError
from appliance.gpio import Gpio, InputPin
from appliance.interfaces import AudioPorts, EventSink
from appliance.linecard.messages import RingCadence
from appliance.settings import StationSettings
from appliance.stations.bell import Bell
from appliance.stations.hook_switch import HookNews, HookState, HookSwitch
from appliance.stations.keypad import Keypad
from appliance.stations.linecard_fxs import HandsetState

RETRY_S = 10.0  # a pin that is held by another program
SAME_KEY_S = 0.6  # the microphone hears the earpiece's tone of a key: that is no second key
_OFF_HOOK = (HookState.OFF_HOOK, HookState.BROKEN)


class SoundHandsetStation(DeafListener):
    """One handset: a StationDriver, and the listener of its sound card's port.

    Its pins are held from `start` to `stop`; it is in service while its card brings sound.
    """

    def __init__(
        self,
        settings: StationSettings,
        sink: EventSink,
        audio: AudioPorts,
        gpio: Gpio,
        loop: asyncio.AbstractEventLoop,
        *,
        cadence: RingCadence | None = None,
    ) -> None:
        self.extension = settings.extension
        self._settings = settings
        self._sink = sink
        self._audio = audio
        self._gpio = gpio
        self._loop = loop
        self._cadence = cadence or RingCadence()
        self._reason = ""
        self._is_up = False
        self._port: int | None = None
        self._ringing = False
        self._hook_pin: InputPin | None = None
        self._hook = HookSwitch(is_lifted=False)
        self._hook_timer: asyncio.TimerHandle | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._bell: Bell | None = None
        self._keypad: Keypad | None = None
        self._last_key = ("", -SAME_KEY_S)
        self._counters = {"rung": 0, "lifted": 0, "flashes": 0, "digits": 0, "failures": 0}

    # --- interfaces.StationDriver ------------------------------------------------------------

    @property
    def port(self) -> int | None:
        """The audio port while the card brings sound."""
        return self._port if self._is_up else None

    @property
    def health(self) -> dict[str, object]:
        """State, reason, whether it rings, its sound card, counters."""
        state = HandsetState.DOWN
        if self._is_up:
            off_hook = self._hook.state in _OFF_HOOK
            state = HandsetState.OFF_HOOK if off_hook else HandsetState.ON_HOOK
        return {
            "state": state.value,
            "reason": self._reason,
            "ringing": self._ringing,
            "sound_card": self._settings.sound_card,
            "counters": dict(self._counters),
        }

    def start(self) -> None:
        """Take the pins and the card's port; what can't be had is tried for again."""
        self._retry = None
        settings = self._settings
        try:
            pins = (settings.ringer_gpio, settings.lamp_gpio)
            self._bell = Bell(
                self._gpio, self._loop, *pins, cadence=self._cadence, on_trouble=self._failed
            )
            hook = settings.hook_gpio
            if hook is None:
                raise GpioError("the hook switch is on no GPIO")
            self._hook_pin = self._gpio.input(hook, self._hook_moved)
            self._hook = HookSwitch(is_lifted=not self._hook_pin.is_high)
            if settings.keypad_rows:
                wires = (settings.keypad_rows, settings.keypad_columns)
                self._keypad = Keypad(
                    self._gpio,
                    self._loop,
                    *wires,
                    on_key=self._key_pressed,
                    on_trouble=self._failed,
                )
            self._port = self._audio.open_card_port(settings.sound_card, self)
        except (GpioError, AudioError) as error:
            self._failed(str(error))

    def stop(self) -> None:
        """Leave the handset silent and dark; nothing is reported afterwards. Idempotent."""
        self._is_up = self._ringing = False
        for timer in (self._hook_timer, self._retry):
            if timer is not None:
                timer.cancel()
        self._hook_timer = self._retry = None
        for part in (self._bell, self._hook_pin, self._keypad):
            if part is not None:
                part.close()
        self._bell = self._hook_pin = self._keypad = None
        self._close_port()

    def ring(self, number: str, name: str, presentation: str) -> None:
        """Ring until lifted or stopped. There is nothing to show who calls on."""
        if self._is_up and self._hook.state is HookState.ON_HOOK and self._bell is not None:
            self._ringing = True
            self._counters["rung"] += 1
            self._bell.ring()

    def stop_ringing(self) -> None:
        if self._ringing:
            self._ringing = False
            self._show()

    # --- coming and going --------------------------------------------------------------------

    def _failed(self, reason: str) -> None:
        """A pin or the port is refused: let go of all, and try again."""
        was_up = self._is_up or not self._reason
        self.stop()
        self._reason = reason
        self._retry = self._loop.call_later(RETRY_S, self.start)
        self._counters["failures"] += 1
        if was_up:
            self._sink(StationFailed(self.extension, reason))

    def card_changed(self, is_here: bool) -> None:
        """The card brings sound, or does not."""
        if is_here and not self._is_up:
            self._is_up, self._reason = True, ""
            self._show()
            self._sink(StationBecameReady(self.extension, self._hook.state in _OFF_HOOK))
        elif not is_here and (self._is_up or not self._reason):
            self._is_up = self._ringing = False
            self._reason = f"the sound card {self._settings.sound_card} brings no sound"
            self._counters["failures"] += 1
            self._show()
            self._sink(StationFailed(self.extension, self._reason))
            self._open_afresh()

    def _open_afresh(self) -> None:
        """Nothing of the call that this ended is left on the port."""
        self._close_port()
        try:
            self._port = self._audio.open_card_port(self._settings.sound_card, self)
        except AudioError as error:
            self._failed(str(error))

    def _close_port(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            self._audio.close_port(port)

    def _show(self) -> None:
        if self._bell is None:
            return
        if self._is_up and self._hook.state in _OFF_HOOK:
            self._bell.talk()
        else:
            self._bell.rest()

    # --- the hook switch ---------------------------------------------------------------------

    def _hook_moved(self, is_high: bool, at_s: float) -> None:
        self._hook.edge(not is_high, at_s)
        self._watch_hook()

    def _watch_hook(self) -> None:
        if self._hook_timer is not None:
            self._hook_timer.cancel()
            self._hook_timer = None
        deadline = self._hook.deadline
        if deadline is not None:
            self._hook_timer = self._loop.call_at(deadline, self._hook_due)

    def _hook_due(self) -> None:
        self._hook_timer = None
        news = self._hook.tick(self._loop.time())
        self._watch_hook()
        if news is None or not self._is_up:
            return
        if news is HookNews.LIFTED:
            self._ringing = False
            self._counters["lifted"] += 1
            self._show()
            self._sink(StationLifted(self.extension))
        elif news is HookNews.FLASHED:
            self._counters["flashes"] += 1
            self._sink(StationFlashed(self.extension))
        else:
            self._show()
            self._sink(StationHungUp(self.extension))

    # --- keys --------------------------------------------------------------------------------

    def _key_pressed(self, key: str) -> None:
        if self.port is None or self._hook.state is not HookState.OFF_HOOK:
            return
        self._last_key = (key, self._loop.time())
        self._audio.key_feedback(self.port, key)
        self._digit(key, "keypad")

    def digit_heard(self, digit: str, after_onset_ms: int) -> None:
        """A tone dialler held to the microphone; not the earpiece's own tone of a key."""
        key, at_s = self._last_key
        is_echo = digit == key and self._loop.time() - at_s < SAME_KEY_S
        if not is_echo and self._hook.state in _OFF_HOOK:
            self._digit(digit, "in_band")

    def _digit(self, digit: str, source: str) -> None:
        self._counters["digits"] += 1
        self._sink(DigitReceived(f"station:{self.extension}", digit, source))

    # --- its audio port ----------------------------------------------------------------------
