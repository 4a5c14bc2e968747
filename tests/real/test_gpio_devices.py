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
from appliance.stations.hook_switch import FLASH_S
from appliance.stations.sound_handset import SoundHandsetStation
from tests.real.jack import Server, server
from tests.real.test_sound_card import (
    COUNTER,
    DESK,
    HEARD_S,
    Shop,
    in_shop,
)

__all__ = ["server"]  # the fixture is used by its name
LINE = LineSettings(
    "wall", "gpio_line", "menu:main", sound_card="counter",
    ring_gpio=17, hook_gpio=27, loop_gpio=22, dial_mode="blind",
)  # fmt: skip
HANDSET = StationSettings("21", "Desk", "sound_handset", sound_card="desk", hook_gpio=5)


async def ring(shop: Shop, pins: MockFactory, hz: float, over: asyncio.Event) -> None:
    """Edges of ringing current, as late as this machine makes them."""
    while not over.is_set():
        pins.pin(17).drive_low()
        await shop.pass_s(0.4 / hz)
        pins.pin(17).drive_high()
        await shop.pass_s(0.6 / hz)


async def answered_and_released(
    shop: Shop, line: GpioLine, pins: MockFactory, told: list[Event]
) -> None:
    over = asyncio.Event()
    ringing = asyncio.ensure_future(ring(shop, pins, 20.0, over))
    await shop.until(lambda: RingDetected("wall") in told)
    line.answer()
    assert pins.pin(27).state
    pins.pin(22).drive_low()  # loop current
    await shop.until(lambda: LineAnswered("wall") in told)
    over.set()
    await ringing
    line.release()
    assert not pins.pin(27).state
    pins.pin(22).drive_high()
    await shop.until(lambda: LineReleased("wall") in told)


async def lifted_flashed_and_hung_up(shop: Shop, pins: MockFactory, told: list[Event]) -> None:
    hook = pins.pin(5)
    hook.drive_low()
    await shop.until(lambda: StationLifted("21") in told)
    while not await flashes(shop, pins):  # a late finger hangs up, and lifts again
        await shop.until(lambda: told[-2:] == [StationHungUp("21"), StationLifted("21")])
    await shop.until(lambda: told[-1] == StationFlashed("21"))
    hook.drive_high()
    await shop.until(lambda: told[-1] == StationHungUp("21"))


async def flashes(shop: Shop, pins: MockFactory) -> bool:
    """Press the hook for 0.3 s; whether this machine let go of it in time."""
    pins.pin(5).drive_high()
    pressed_at = shop.loop.time()
    await shop.pass_s(0.3)
    pins.pin(5).drive_low()
    return shop.loop.time() - pressed_at < FLASH_S[1]


async def dialled(shop: Shop, line: GpioLine, told: list[Event], number: str) -> bool:
    """Dial; whether the handset's line hears just these keys."""
    begun = len(told)
    line.dial(number)
    await shop.until(lambda: LineDialled("wall", audible=True) in told[begun:])

    def keys() -> str:
        return "".join(event.digit for event in told[begun:] if isinstance(event, DigitReceived))

    deadline = shop.loop.time() + HEARD_S
    await shop.until(lambda: len(keys()) >= len(number) or shop.loop.time() > deadline)
    await shop.pass_s(0.5)  # and no more of them
    is_right = keys() == number
    line.release()
    await shop.until(lambda: LineReleased("wall") in told[begun:])
    return is_right


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
        await shop.until(lambda: told[-1] == StationLifted("21"))
        first, second = server.clients()
        server.connect(first, second)
        server.connect(second, first)
        assert handset.port is not None
        shop.engine.listen(handset.port, digits=True, busy=False, silence_ms=0, lenient=False)
        shop.ports.append(handset.port)
        assert await shop.undisturbed(lambda: dialled(shop, line, told, "4711"))
        handset.stop()
        await line.stop()
        assert not pins.pin(27).state

    server.start(16000, 320)
    in_shop([DESK, COUNTER], story)
