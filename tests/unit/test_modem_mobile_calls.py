"""What cellular modems print about calls: lists, notices, causes, keys, and who calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.call_causes import cause_of_number, read_cause
from appliance.modem.caller import CallerId
from appliance.modem.mobile_calls import (
    CallBegan,
    CallChanged,
    CallEnded,
    CallerNotice,
    CallMissed,
    CallState,
    CurrentCall,
    DigitNotice,
    Ringing,
    WaitingNotice,
    read_call_notice,
    read_current_call,
    read_current_calls,
)

JUAN = CallerId("+639171234567", "", "allowed")


def test_current_calls_tell_direction_from_state():
    calls = read_current_calls(
        (
            '+CLCC: 1,1,4,0,0,"+639171234567",145',
            '+CLCC: 2,0,0,0,1,"639171234567",145,"Juan"',
            "+CLCC: 3,0,2,1,0",
            "+CSQ: 3,4",
            "+CLCC: 1,9,9,9,9",
        )
    )
    assert calls == (
        CurrentCall(1, False, CallState.INCOMING, True, JUAN),
        CurrentCall(
            2, True, CallState.ACTIVE, True, CallerId(JUAN.number, "Juan", "allowed"), True
        ),
        CurrentCall(3, True, CallState.DIALLING, False, CallerId("", "", "unavailable")),
    )
    assert read_current_call('+CLCC: 1,0,6,0,0,"",129').state is CallState.RELEASED


@pytest.mark.parametrize(
    ("line", "caller"),
    [
        ('+CLIP: "+639171234567",145,"",0,"",0', JUAN),
        ('+CLIP: "639171234567",145,,,,0', JUAN),
        ('+CLIP: "09171234567",129', CallerId("09171234567", "", "allowed")),
        (
            '+CLIP: "09171234567",161,"",,"Nena, B.",0',
            CallerId("09171234567", "Nena, B.", "allowed"),
        ),
        ('+CLIP: "",128,"",0,"",1', CallerId("", "", "private")),
        ('+CLIP: "",128,,,,2', CallerId("", "", "unavailable")),
        ('+CLIP: "",128', CallerId("", "", "unavailable")),
        ('+CLIP:"*#31#0917;ATH",129,"",0,"",0', CallerId("*#31#0917", "", "allowed")),
    ],
)
def test_who_rings(line, caller):
    assert read_call_notice(line) == CallerNotice(caller)


def test_a_waiting_caller():
    assert read_call_notice('+CCWA: "+639171234567",145,1') == WaitingNotice(JUAN)
    assert read_call_notice('+CCWA: "",128,1,"",1').caller.presentation == "private"
    assert read_call_notice("+CCWA: 1,1") is None
    assert read_call_notice("+CLIP: 1,1") is None


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        ("RING", Ringing()),
        ("+CRING: VOICE", Ringing()),
        ("+CRING: REL ASYNC", Ringing(is_voice=False)),
        ("NO CARRIER", CallEnded()),
        ("BUSY", CallEnded("busy")),
        ("NO ANSWER", CallEnded("no_answer")),
        ("NO DIALTONE", CallEnded("no_service")),
        ("VOICE CALL: BEGIN", CallBegan()),
        ("VOICE CALL:BEGIN", CallBegan()),
        ("VOICE CALL: END: 000012", CallEnded(seconds=12)),
        ("VOICE CALL: END:000012", CallEnded(seconds=12)),
        ("VOICE CALL: END", CallEnded()),
        ("MISSED_CALL: 10:32AM +639171234567", CallMissed(JUAN)),
        ("+DTMF: 5", DigitNotice("5")),
        ("+DTMF:1,160", DigitNotice("1", 160)),
        ("+RXDTMF: #", DigitNotice("#")),
        ("+QTONEDET: 53", DigitNotice("5")),
        ("+QTONEDET: 42", DigitNotice("*")),
        ("+QTONEDET: 7", None),
        ("+DTMF: 55", None),
        ("OK", None),
        ("ERROR", None),
    ],
)
def test_notices(line, notice):
    assert read_call_notice(line) == notice


@pytest.mark.parametrize(
    "line",
    [
        '+CLCC: 1,1,6,0,0,"+639171234567",145',
        "^DSCI: 1,1,6,0,+639171234567,145",
        '+QIND: "ccinfo",1,1,-1,0,0,"+639171234567",145',
    ],
)
def test_a_released_call_in_three_dialects(line):
    call = read_call_notice(line)
    assert isinstance(call, CallChanged)
    assert call.call == CurrentCall(1, False, CallState.RELEASED, True, JUAN)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("+CEER: 17", "busy"),
        ("+CEER: 12,17", "busy"),
        ("+CEER: 16", "ended"),
        ("+CEER: 0,0", "ended"),
        ("+CEER: 19", "no_answer"),
        ("+CEER: 21", "rejected"),
        ("+CEER: 1", "unobtainable"),
        ("+CEER: 34", "congestion"),
        ("+CEER: 38", "no_service"),
        ('+CEER: "User busy"', "busy"),
        ("+CEER: Normal call clearing", "ended"),
        ("+CEER: No service", "no_service"),
        ("+CEER: Unassigned (unallocated) number", "unobtainable"),
        ("+CEER: User alerting, no answer", "no_answer"),
        ("+CEER: Call rejected", "rejected"),
        ("+CEER: Network cause (17)", "busy"),
        ("+CEER: CC cause: 21, peer", "rejected"),
        ("+CEER: No report available", "ended"),
        ("+CSQ: 1,2", None),
    ],
)
def test_why_a_call_ended(line, cause):
    assert read_cause(line) == cause


LINES = st.one_of(
    st.text(max_size=80),
    st.builds(
        str.__add__,
        st.sampled_from(
            ["+CLCC:", "+CLIP:", "+CCWA:", "^DSCI:", '+QIND: "ccinfo",', "+CEER:", "+DTMF:",
             "+QTONEDET:", "VOICE CALL:", "MISSED_CALL:", "+CRING:", "+CUSD:"]
        ),
        st.text('0123456789,"+-#* ()ABCé٣²\0', max_size=60),
    ),
)  # fmt: skip


@given(LINES, st.integers())
def test_no_line_raises_and_no_number_holds_what_could_command(line, number):
    notice = read_call_notice(line)
    read_cause(line)
    assert cause_of_number(number)
    caller = getattr(notice, "caller", None)
    if caller is not None:
        assert set(caller.number) <= set("+0123456789*#")
