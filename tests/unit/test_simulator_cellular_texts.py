"""The emulated modem's short messages and USSD, and its speech: PCM clock, pieces, degradation."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from appliance.simulator.caller import make_deeds
from appliance.simulator.cellular.faults import CellularFaults
from appliance.simulator.cellular.sms_pdu import Text
from appliance.simulator.codec import SILENT_FRAME, LineCodec, mean_power, power_of_dbm0
from appliance.simulator.tones import tone
from tests.unit.mobile_bench import Bench

HELLO = "0011000B916407281553F80000AA0AE8329BFD4697D9EC37"  # 23 octets after the centre's
WITH_REPORT = "0031000B916407281553F80000AA0AE8329BFD4697D9EC37"
SPEECH = tone((500.0,), 3000, -10.0)
Maker = Callable[..., Bench]


@pytest.fixture
def make() -> Iterator[Maker]:
    made: list[Bench] = []

    def maker(profile: str = "ec25", **options: Any) -> Bench:
        made.append(Bench(profile, **options))
        return made[-1]

    yield maker
    for bench in made:
        bench.close()


# Texts in


def test_text_in_is_told_read_and_deleted(make: Maker) -> None:
    bench = make()
    bench.ask('AT+CPMS="SM","SM","SM"')
    bench.ask("AT+CNMI=2,1,0,1,0")
    bench.line.send_text("GCASH", "You got P5")
    assert b'\r\n+CMTI: "SM",0\r\n' in bench.run(0.1)
    head, pdu = _read(bench.ask("AT+CMGR=0"))
    assert head == f"+CMGR: 0,,{len(pdu) // 2 - 8}"
    assert "09D0C761708A04" in pdu
    assert "+CMGR: 1,," in bench.ask("AT+CMGR=0")  # read by now
    assert "OK" in bench.ask("AT+CMGD=0")
    assert bench.ask("AT+CMGR=0") == "\r\nOK\r\n"
    assert "ERROR: 321" in bench.ask("AT+CMGR=99")


def _read(answer: str) -> tuple[str, str]:
    lines = [line for line in answer.split("\r\n") if line]
    assert lines[-1] == "OK"
    return lines[0], lines[1]


def test_long_text_in_any_order_and_twice(make: Maker) -> None:
    bench = make()
    parts = bench.line.send_text("888", "a" * 400, order=(3, 1, 2), repeats=(1,))
    assert parts == 3
    pdus = [line for line in bench.ask("AT+CMGL=4").split("\r\n") if line.startswith("0791")]
    numbers = [pdu[pdu.index("050003") :][10:12] for pdu in pdus]
    assert numbers == ["03", "01", "01", "02"]


def test_full_memory_stops_texts_until_one_is_deleted(make: Maker) -> None:
    bench = make("sim800")
    bench.ask("AT+CNMI=2,1,0,0,0")
    for number in range(12):
        bench.line.send_text("888", f"text {number}")
    heard = bench.run(0.5)
    assert heard.count(b"+CMTI") == 10
    assert b"322" in heard
    assert '+CPMS: "SM",10,10' in bench.ask("AT+CPMS?")
    bench.ask("AT+CMGD=3")
    assert b'+CMTI: "SM",3' in bench.run(5)
    bench.ask("AT+CMGD=1,4")
    bench.until(b"+CMTI")
    assert len(bench.line.modem.texts.inbox.at_centre) == 0


def test_lost_notice_leaves_the_text_in_memory(make: Maker) -> None:
    bench = make(faults=CellularFaults(lost_text=1.0))
    bench.ask("AT+CNMI=2,1,0,0,0")
    bench.line.send_text("888", "psst")
    assert bench.run(1) == b""
    assert "+CMGL: 0,0,," in bench.ask("AT+CMGL=4")


def test_text_waits_for_the_network(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CNMI=2,1,0,0,0")
    bench.line.attachment.lose_service()
    bench.line.send_text("888", "later")
    assert b"+CMTI" not in bench.run(5)
    bench.line.attachment.regain_service()
    bench.until(b"+CMTI")


def test_text_handed_straight_to_the_host(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CNMI=2,2,0,0,0")
    bench.line.modem.texts.deliver(Text("888", "now"))
    assert b"+CMT: ,18\r\n0791" in bench.run(0.2)


# Texts out


def test_text_out(make: Maker) -> None:
    bench = make()
    assert bench.ask("AT+CMGS=23") == "\r\n> "  # no line end after the prompt
    bench.type(HELLO.encode() + b"\x1a")
    assert bench.until(b"+CMGS: 1\r\n\r\nOK\r\n") >= 0.5
    sent = bench.line.modem.texts.sent[0].submit
    assert (sent.number, sent.text) == ("+46708251358", "hellohello")


@pytest.mark.parametrize(
    ("length", "pdu"), [(22, HELLO), (23, HELLO[:-2]), (23, "0011zz"), (23, "")]
)
def test_wrong_pdu_is_304(make: Maker, length: int, pdu: str) -> None:
    bench = make()
    bench.ask(f"AT+CMGS={length}")
    bench.type(pdu.encode() + b"\x1a")
    assert b"+CMS ERROR: 304" in bench.run(1)
    assert bench.ask("AT") == "\r\nOK\r\n"


def test_escape_cancels(make: Maker) -> None:
    bench = make()
    bench.ask("AT+CMGS=23")
    bench.type(b"0011\x1b")
    assert bench.run(1) == b"\r\nOK\r\n"
    assert bench.line.modem.texts.sent == []


def test_delivery_report(make: Maker) -> None:
    bench = make(faults=CellularFaults(report_status=0x46))
    bench.ask("AT+CNMI=2,1,0,1,0")
    bench.ask("AT+CMGS=23")
    bench.type(WITH_REPORT.encode() + b"\x1a")
    bench.until(b"+CMGS: 1")
    bench.until(b"+CDS: 25\r\n")
    assert bench.said.rstrip().endswith(b"46")


def test_network_that_takes_its_time_or_refuses(make: Maker) -> None:
    bench = make(faults=CellularFaults(text_delay_s=55.0))
    bench.ask("AT+CMGS=23")
    bench.type(HELLO.encode() + b"\x1a")
    assert 54 < bench.until(b"+CMGS") < 57
    bench.line.misbehave(CellularFaults(text_error=500))
    bench.ask("AT+CMGS=23")
    bench.type(HELLO.encode() + b"\x1a")
    assert b"+CMS ERROR: 500" in bench.run(1)


# USSD


def test_balance_and_menu(make: Maker) -> None:
    bench = make(ussd={"*888#": "Load: P10"})
    assert bench.ask('AT+CUSD=1,"*888#",15') == "\r\nOK\r\n"
    bench.until(b'+CUSD: 0,"Load: P10",15')
    bench.ask('AT+CUSD=1,"*100#",15')
    bench.until(b'+CUSD: 1,"1 Balance\n2 Offers",15')
    bench.ask('AT+CUSD=1,"1",15')
    bench.until(b'+CUSD: 0,"Balance P99.00",15')
    bench.ask('AT+CUSD=1,"*999#",15')
    bench.until(b"+CUSD: 4")
    bench.ask('AT+CUSD=1,"*123#",15')
    bench.until(b",72\r\n")  # Vietnamese does not fit the alphabet


def test_ussd_in_hex(make: Maker) -> None:
    bench = make()
    bench.ask('AT+CSCS="UCS2"')
    bench.ask('AT+CUSD=1,"002A0031003400330023",15')
    bench.until(b'"0059006F0075')
    packed = make("sim7600", ussd_form="packed")
    packed.ask('AT+CUSD=1,"AA180C3602",15')  # *100#, 23.038 §6.1.2.3
    packed.until(b'+CUSD: 1,"319030CC')  # "1 Bal", lowest bits first


# Speech


def _connected(make: Maker, profile: str, **options: Any) -> tuple[Bench, Any]:
    bench = make(profile, **options)
    bench.ask("AT+CPCMFRM=0")
    bench.open_pcm()
    return bench, _call(bench)


def _call(bench: Bench, **more: Any) -> Any:
    deeds = make_deeds((), None, SPEECH, 0.5)
    caller = bench.ring(deeds=deeds, **more)
    bench.run(1)
    bench.ask("ATA", 1.0)
    return caller


@pytest.mark.parametrize(("ppm", "chunk_bytes"), [(-100.0, 640), (0.0, 333), (100.0, 0)])
def test_pcm_runs_on_the_modems_own_clock(make: Maker, ppm: float, chunk_bytes: int) -> None:
    bench, _ = _connected(make, "sim7600", ppm=ppm, chunk_bytes=chunk_bytes)
    bench.ask("AT+CPCMREG=1", 0.2)
    bench.pcm, began = b"", len(bench.line.sound._out)
    before = bench.line.sound.stats.bytes_out
    at = bench.loop.time()
    bench.run(100.0, 0.05)
    sent = bench.line.sound.stats.bytes_out - before + len(bench.line.sound._out) - began
    wanted = 16000 * (1 + ppm * 1e-6) * (bench.loop.time() - at)
    assert abs(sent - wanted) <= 160  # one tick of 10 ms
    assert len(bench.pcm) == bench.line.sound.stats.bytes_out - before


def test_pcm_is_the_callers_speech_whatever_the_pieces(make: Maker) -> None:
    bench, _ = _connected(make, "sim7600", chunk_bytes=333)
    bench.ask("AT+CPCMREG=1")
    bench.run(6)
    codec = LineCodec("linear16")
    samples = codec.from_wire(bench.pcm)
    speech = samples[samples.index(SPEECH[400:600]) :]
    assert speech[:8000] == SPEECH[400:8400]


def test_caller_hears_what_the_host_writes_in_odd_pieces(make: Maker) -> None:
    bench, caller = _connected(make, "sim7600")
    bench.ask("AT+CPCMREG=1")
    wire = LineCodec("linear16").to_wire(SPEECH)
    pipe = bench.pcm_pipe
    assert pipe is not None
    for start in range(0, 15990, 123):
        pipe.write(wire[start : start + 123])
        bench.run(0.0075, 0.0075)
    bench.run(1)
    assert SPEECH[800:4000] in bytes(caller.heard)


def test_pcm_only_in_a_connected_call(make: Maker) -> None:
    bench = make("sim7600", faults=CellularFaults(pcm_errors=2))
    assert "ERROR" in bench.ask("AT+CPCMREG=1")
    _call(bench)
    assert ["ERROR" in bench.ask("AT+CPCMREG=1") for _ in range(3)] == [True, True, False]
    assert "+CPCMREG: 1" in bench.ask("AT+CPCMREG?")
    bench.ask("AT+CHUP")
    assert "+CPCMREG: 0" in bench.ask("AT+CPCMREG?")


def test_wideband_unless_told_otherwise(make: Maker) -> None:
    bench = make("sim7600")
    bench.open_pcm()
    _call(bench)
    bench.ask("AT+CPCMREG=1", 0.2)
    bench.pcm = b""
    bench.run(2)
    assert abs(len(bench.pcm) - 64000) <= 1300


@pytest.mark.parametrize("fault", ["pcm_never_starts", "pcm_stalls_after_s"])
def test_stalled_pcm(make: Maker, fault: str) -> None:
    faults = CellularFaults(**{fault: True if "never" in fault else 2.0})  # type: ignore[arg-type]
    bench, _ = _connected(make, "sim7600", faults=faults)
    bench.ask("AT+CPCMREG=1", 0.2)
    bench.run(10)
    assert len(bench.pcm) == 0 if "never" in fault else 28000 < len(bench.pcm) <= 33000


@pytest.mark.parametrize("trouble", ["choppy", "dead"])
def test_second_call_is_degraded_until_a_reset(make: Maker, trouble: str) -> None:
    bench, caller = _connected(
        make, "sim7600", faults=CellularFaults(second_call=trouble, reset_s=6.0)
    )
    assert "OK" in bench.ask("AT+CPCMREG=1")
    assert _loudness(bench) > power_of_dbm0(-12)
    caller.hang_up()
    bench.run(1)
    again = _call(bench)
    first = bench.ask("AT+CPCMREG=1", 0.2)
    assert ("ERROR" in first) == (trouble == "choppy")
    bench.ask("AT+CPCMREG=1", 0.2)
    assert _loudness(bench) < power_of_dbm0(-12)
    again.hang_up()
    bench.ask("AT+CRESET", 1.0)
    bench.run(10)
    bench.open()
    bench.ask("AT+CPCMFRM=0")
    bench.open_pcm()
    bench.run(8)
    _call(bench)
    assert "OK" in bench.ask("AT+CPCMREG=1", 0.2)
    assert _loudness(bench) > power_of_dbm0(-12)


def _loudness(bench: Bench) -> float:
    bench.pcm = b""
    bench.run(1.5)
    samples = LineCodec("linear16").from_wire(bench.pcm)
    return mean_power(samples) if samples else 0.0


def test_quectel_pcm_on_the_nmea_port(make: Maker) -> None:
    bench, _ = _connected(make, "ec25", audio="serial_pcm")
    bench.ask("AT+QPCMV=1,0")
    assert _loudness(bench) > power_of_dbm0(-12)
    bench.ask("AT+QPCMV=0")
    bench.run(0.1)
    assert _loudness(bench) == 0


def test_sound_card_keeps_the_pace(make: Maker) -> None:
    bench = make("sim800", sound_card="usb-card", audio_path=None)
    wire = bench.network.sound_cards.card("usb-card").wire
    caller = _call(bench)
    heard = b""
    for _ in range(300):
        heard += wire.next_frame()
        wire.hear(SPEECH[:80])
        bench.run(0.01)
    assert mean_power(heard[8000:]) > power_of_dbm0(-12)
    assert SPEECH[:80] * 100 in bytes(caller.heard)


def test_usb_sound_comes_and_goes_with_the_modem(make: Maker) -> None:
    bench = make(sound_card="Android", audio_path=None)
    card = bench.network.sound_cards.card("Android")
    assert card.is_plugged
    _call(bench)
    assert card.wire.next_frame() == SILENT_FRAME  # not without +QPCMV=1,2
    bench.ask("AT+QPCMV=1,2")
    frames = [card.wire.next_frame() for _ in range(100)]
    assert mean_power(b"".join(frames)) > power_of_dbm0(-20)
    bench.ask("AT+CFUN=1,1", 1.0)
    assert not card.is_plugged
    bench.run(20)
    assert card.is_plugged
