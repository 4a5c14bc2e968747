"""What cellular modems print about the network, the SIM and themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem import mobile_identity, mobile_network
from appliance.modem.mobile_identity import (
    Boot,
    PinTries,
    SimState,
    all_pin_tries,
    cme_sentence,
    luhn_holds,
    read_boot,
    read_iccid,
    read_identity,
    read_imei,
    read_sim_state,
)
from appliance.modem.mobile_network import (
    Operator,
    Registration,
    Signal,
    read_operator,
    read_registration,
    read_signal,
)


@pytest.mark.parametrize(
    ("line", "registration"),
    [
        ("+CREG: 1", Registration("CREG", "home", True)),
        ("+CREG: 0,5", Registration("CREG", "roaming", False)),
        ("+CREG: 1,10", Registration("CREG", "roaming", False)),
        (
            '+CREG: 1,"00C3","0000a1b2",7',
            Registration("CREG", "home", True, False, "00C3", "0000A1B2", "4G"),
        ),
        ("+CREG: 5,00C3,A1B2", Registration("CREG", "roaming", True, False, "00C3", "A1B2", "")),
        (
            '+CEREG: 2,1,"00C3","0000A1B2",7',
            Registration("CEREG", "home", False, False, "00C3", "0000A1B2", "4G"),
        ),
        ("+CGREG: 0,3", Registration("CGREG", "denied", False)),
        ("+CREG: 6", Registration("CREG", "home", True, texts_only=True)),
        ("+CREG: 99", None),
        ("+CREG:", None),
        ("+CSQ: 1,2", None),
    ],
)
def test_registration_of_answers_and_notices(line, registration):
    assert read_registration(line) == registration


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("+CSQ: 0,0", Signal(-113)),
        ("+CSQ: 31,99", Signal(-51)),
        ("+CSQ: 99,99", Signal(None)),
        ("+CESQ: 99,99,255,255,20,50", Signal(-91, "rsrp")),
        ("+CESQ: 99,99,40,20,255,255", Signal(-81, "rscp")),
        ("+CESQ: 30,0,255,255,255,255", Signal(-81)),
        ("+CESQ: 99,99,255,255,255,255", Signal(None)),
        ("+CSQ: x", None),
    ],
)
def test_signal(line, signal):
    assert read_signal(line) == signal


def test_bars_grow_with_the_signal():
    assert [Signal(dbm).bars for dbm in (None, -113, -100, -90, -80, -60)] == [0, 0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("line", "operator"),
    [
        ('+COPS: 0,0,"Globe Telecom",7', Operator("Globe Telecom", "", "4G", True)),
        ('+COPS: 1,2,"51502",2', Operator("", "51502", "3G", False)),
        ('+COPS: 0,0,"SMART"', Operator("SMART", "", "", True)),
        ("+COPS: 0", Operator("", "", "", True)),
        # a modem whose character set is UCS-2
        ('+COPS: 0,0,"0047006C006F00620065",7', Operator("Globe", "", "4G", True)),
        ('+COPS: 0,0,"4E2D56FD79FB52A8",7', Operator("中国移动", "", "4G", True)),
        ('+COPS: 0,0,"DECADE",7', Operator("DECADE", "", "4G", True)),
        ('+COPS: (2,"Globe","GLOBE","51502",7),,(0,1)', None),
    ],
)
def test_operator(line, operator):
    assert read_operator(line) == operator


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("+CPIN: READY", SimState.READY),
        ("+CPIN: SIM PIN", SimState.PIN),
        ("+CPIN:SIM PUK", SimState.PUK),
        ("+CPIN: SIM PIN2", SimState.PIN2),
        ("+CPIN: PH-NET PIN", SimState.LOCKED),
        ("+CPIN: PH_SIM PIN", SimState.LOCKED),
        ("+CPIN: NOT INSERTED", SimState.ABSENT),
        ("+CPIN: NOT READY", SimState.NOT_READY),
        ("+CPIN: what", None),
        ("RDY", None),
    ],
)
def test_sim_state(line, state):
    assert read_sim_state(line) is state


def test_pin_tries_of_three_vendors():
    assert all_pin_tries(("+CPINR: SIM PIN,2,3", "+CPINR: SIM PUK,10,10")) == PinTries(2, 10)
    assert all_pin_tries(("+SPIC: 3,10,0,10",)) == PinTries(3, 10)
    assert all_pin_tries(('+QPINC: "SC",1,10', '+QPINC: "P2",3,10')) == PinTries(1, 10)
    assert all_pin_tries(("+CPINR: SIM PIN2,3,3", "+SPIC: x", "OK")) == PinTries(None, None)


def test_boot_notices():
    assert [read_boot(t) for t in ("RDY", "START", "*ATREADY", "+CFUN: 1")] == [Boot.STARTED] * 4
    assert read_boot("+CPIN: READY") is Boot.SIM_READY
    assert read_boot("Call Ready") is Boot.CALLS_READY
    assert read_boot("SMS DONE") is read_boot("SMS Ready") is Boot.TEXTS_READY
    assert read_boot("PB DONE") is Boot.PHONEBOOK_READY
    assert read_boot("NORMAL POWER DOWN") is read_boot("UNDER-VOLTAGE POWER DOWN") is Boot.OFF
    assert read_boot("+CFUN: 0") is None


def test_an_imei_needs_its_check_digit():
    assert luhn_holds("490154203237518")  # the example everybody prints
    assert read_imei(("+CME", '+CGSN: "490154203237518"')) == "490154203237518"
    assert read_imei(("490154203237518",)) == "490154203237518"
    assert read_imei(("490154203237517", "12", "4901542032375180")) == "490154203237517"
    assert read_imei(("490154203237517", "490154203237518")) == "490154203237518"
    assert read_imei(("12", "4901542032375180")) == ""


@pytest.mark.parametrize(
    "line",
    [
        "+CCID: 89630200001234567893",
        '+QCCID: "89630200001234567893"',
        "+ICCID: 89630200001234567893",
        "89630200001234567893F",
        "98362000002143658739",
    ],
)
def test_iccid(line):
    assert read_iccid(("OK", line)) == "89630200001234567893"


def test_iccid_of_nineteen_digits_and_none():
    assert read_iccid(("8963020000123456789F",)) == "8963020000123456789"
    assert read_iccid(("490154203237518", "+CME ERROR: 10")) == ""


def test_identity_without_its_trimmings():
    assert read_identity(("+CGMM: SIM800C",)) == "SIM800C"
    assert read_identity(("RING", '"EC25"')) == "EC25"
    assert read_identity(("Revision:1418B05",)) == "1418B05"
    assert read_identity(()) == ""


def test_errors_are_told_in_sentences():
    assert "PIN is wrong" in cme_sentence(16)
    assert "999" in cme_sentence(999)
    assert "ERROR" in cme_sentence(None)


PREFIXES = ["+CREG:", "+CSQ:", "+CESQ:", "+COPS:", "+CPIN:", "+SPIC:", "+CPINR:", "+QPINC:", ""]


@given(st.sampled_from(PREFIXES), st.text('0123456789,"-()AFx٣²é ', max_size=60) | st.text())
def test_no_line_raises(prefix, rest):
    line = prefix + rest
    for read in (read_registration, read_signal, read_operator):
        read(line)
    for read in (read_sim_state, read_boot, mobile_identity.read_pin_tries):
        read(line)
    assert mobile_network.technology(rest) in ("", "2G", "3G", "4G", "5G")
    for read in (read_imei, read_iccid, read_identity):
        assert isinstance(read((line,)), str)
