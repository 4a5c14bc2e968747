"""A cellular line whose sound is away is not in service: nobody is answered into silence."""

import pytest

from appliance.core.events import LineBecameReady, LineFailed, RingDetected
from appliance.doctor.advice import next_step
from tests.cellular_rig import READY, Rig, ready

CARD_AWAY = "no sound: the sound card modem is away"
PORT_AWAY = "no sound: the modem's port of sound, /dev/pcm, is away"


def rang(rig: Rig) -> bool:
    return any(isinstance(event, RingDetected) for event in rig.events)


def take_sound(rig: Rig, is_there: bool, audio: str) -> None:
    if audio == "serial_pcm":
        rig.pcm_is_gone = not is_there
    else:
        assert rig.audio.watch is not None, "between calls the card is watched"
        rig.audio.watch.card_changed(is_there)


WAYS = pytest.mark.parametrize(
    ("audio", "reason"), [("usb_sound", CARD_AWAY), ("serial_pcm", PORT_AWAY)]
)


@WAYS
def test_a_line_whose_sound_goes_is_out_of_service_until_it_is_back(audio, reason):
    rig = ready(Rig("ec25", audio=audio))
    take_sound(rig, False, audio)
    rig.run_until(lambda: rig.events, 6.0)
    assert rig.take() == [LineFailed("mobile", reason)]
    assert (rig.line.health["state"], rig.line.health["reason"]) == ("retrying", reason)
    rig.run(300.0)
    rig.modem.ring()
    rig.run(8.0)
    assert rig.events == [], "the network's own voicemail takes who rings"
    rig.modem.calls.clear()
    take_sound(rig, True, audio)
    assert rig.run_until(lambda: READY in rig.events, 5.0) < 2.0
    assert rig.line.health["state"] == "ready"
    rig.run(1.0)
    rig.modem.ring()
    rig.run(1.0)
    assert rang(rig)
    rig.close()
    assert rig.audio.watch is None


@WAYS
def test_a_line_that_starts_without_its_sound(audio, reason):
    rig = Rig("ec25", audio=audio)
    rig.pcm_is_gone = True
    rig.line.start()
    rig.run(0.4)
    take_sound(rig, False, audio)
    rig.run(20.0)
    failed = [event for event in rig.events if isinstance(event, LineFailed)]
    assert failed == [LineFailed("mobile", reason)]
    assert rig.line.health["reason"] == reason
    take_sound(rig, True, audio)
    rig.run_until(lambda: rig.events[-1] == LineBecameReady("mobile"), 5.0)
    rig.close()


def test_who_rings_as_the_card_goes_is_not_answered():
    rig = ready(Rig("ec25"))
    rig.modem.ring()
    rig.run(0.5)
    assert rang(rig)
    take_sound(rig, False, "usb_sound")
    assert rig.events[-1] == LineFailed("mobile", CARD_AWAY)
    rig.line.answer()
    rig.run(5.0)
    assert "ATA" not in rig.modem.asked
    take_sound(rig, True, "usb_sound")
    rig.run_until(lambda: READY in rig.events, 5.0)
    rig.run(1.0)
    assert isinstance(rig.events[-1], RingDetected), "who still rings is told anew"
    rig.close()


def test_a_port_that_appears_anew_is_no_trouble():
    rig = ready(Rig("sim7600", audio="serial_pcm"))
    rig.pcm_is_gone = True
    rig.run(2.0)
    rig.pcm_is_gone = False
    rig.run(60.0)
    assert rig.take() == []
    rig.close()


def test_a_card_that_the_engine_refuses_is_asked_for_again():
    rig = Rig("ec25")
    rig.audio.refuse = True
    rig.line.start()
    rig.run(10.0)
    assert rig.line.health["reason"] == "no sound: no free port"
    rig.audio.refuse = False
    rig.run_until(lambda: rig.audio.watch is not None, 1.0)
    take_sound(rig, True, "usb_sound")
    rig.run_until(lambda: READY in rig.events, 5.0)
    rig.close()


@pytest.mark.parametrize(
    ("reason", "step"),
    [(CARD_AWAY, "plug the sound card in"), (PORT_AWAY, "audio_port")],
)
def test_the_doctor_names_the_next_step(reason, step):
    assert step in next_step(reason)
