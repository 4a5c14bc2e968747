"""A GPIO line and a sound handset in real time: gpiozero's mock pins, children, PortAudio, JACK."""

import asyncio

from gpiozero.pins.mock import MockFactory

from appliance.core.events import (
    DigitReceived,
    Event,
    LineAnswered,
    LineBecameReady,
    LineDialled,
    LineReleased,
    RingDetected,
    StationBecameReady,
    StationFlashed,
    StationHungUp,
    StationLifted,
)
from appliance.gpio import Gpio
from appliance.lines.gpio_line.line import GpioLine
from appliance.loop import RealClock
from appliance.settings import LineSettings, StationSettings
from appliance.stations.sound_handset import SoundHandsetStation
from tests.real.test_sound_card import (  # the fixture is used by its name
    COUNTER,
    DESK,
    Server,
    Shop,
    in_shop,
    server,
)

__all__ = ["server"]
LINE = LineSettings(
    "wall", "gpio_line", "menu:main", sound_card="counter",
    ring_gpio=17, hook_gpio=27, loop_gpio=22, dial_mode="blind",
)  # fmt: skip
HANDSET = StationSettings("21", "Desk", "sound_handset", sound_card="desk", hook_gpio=5)


async def ring(shop: Shop, pins: MockFactory, hz: float, seconds: float) -> None:
    """Edges of ringing current, as late as this machine makes them."""
    for _ in range(round(hz * seconds)):
        pins.pin(17).drive_low()
        await shop.pass_s(0.4 / hz)
        pins.pin(17).drive_high()
        await shop.pass_s(0.6 / hz)


async def answered_and_released(
    shop: Shop, line: GpioLine, pins: MockFactory, told: list[Event]
) -> None:
    ringing = asyncio.ensure_future(ring(shop, pins, 20.0, 1.0))
    await shop.until(lambda: RingDetected("wall") in told, 5.0)
    line.answer()
    assert pins.pin(27).state
    pins.pin(22).drive_low()  # loop current
    await shop.until(lambda: LineAnswered("wall") in told, 5.0)
    await ringing
    line.release()
    assert not pins.pin(27).state
    pins.pin(22).drive_high()
    await shop.until(lambda: LineReleased("wall") in told, 10.0)


async def lifted_flashed_and_hung_up(shop: Shop, pins: MockFactory, told: list[Event]) -> None:
    hook = pins.pin(5)
    hook.drive_low()
    await shop.until(lambda: StationLifted("21") in told, 5.0)
    hook.drive_high()
    await shop.pass_s(0.3)
    hook.drive_low()
    await shop.until(lambda: StationFlashed("21") in told, 5.0)
    hook.drive_high()
    await shop.until(lambda: StationHungUp("21") in told, 5.0)


def test_pins_and_sound_of_both_in_real_time(server: Server) -> None:
    async def story(shop: Shop) -> None:
        pins, told = MockFactory(), list[Event]()
        gpio = Gpio(shop.loop, lambda: pins)
        handset = SoundHandsetStation(HANDSET, told.append, shop.engine, gpio, shop.loop)
        line = GpioLine(LINE, told.append, shop.engine, gpio, shop.loop, clock=RealClock())
        handset.start()
        line.start()
        ready = (LineBecameReady("wall"), StationBecameReady("21", False))
        await shop.until(lambda: all(event in told for event in ready))
        await answered_and_released(shop, line, pins, told)
        await lifted_flashed_and_hung_up(shop, pins, told)
        pins.pin(5).drive_low()  # the handset listens while the line dials into its microphone
        await shop.until(lambda: told[-1] == StationLifted("21"), 5.0)
        first, second = server.clients()
        server.connect(first, second)
        server.connect(second, first)
        assert handset.port is not None
        shop.engine.listen(handset.port, digits=True, busy=False, silence_ms=0, lenient=False)
        line.dial("4711")
        await shop.until(lambda: LineDialled("wall", audible=True) in told, 15.0)
        await shop.pass_s(0.5)
        keys = [event.digit for event in told if isinstance(event, DigitReceived)]
        assert "".join(keys) == "4711"
        handset.stop()
        await line.stop()
        assert not pins.pin(27).state

    server.start(16000, 320)
    in_shop([DESK, COUNTER], story)
