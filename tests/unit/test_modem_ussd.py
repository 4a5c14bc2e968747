"""Service codes: what may be sent, and the many ways in which modems print the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import TextError
from appliance.modem.ussd import NetworkAnswer, check_code, packed_code, read_answer
from tests.unit import sms_rig

BALANCE = "Your balance is P 12.50"


def hexed(text):
    return text.encode("utf-16-be").hex().upper()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (f'+CUSD: 0,"{BALANCE}",15', NetworkAnswer(0, BALANCE)),
        (f'+CUSD:0,"{BALANCE}"', NetworkAnswer(0, BALANCE)),
        ('+CUSD: 1,"1 Load\r\n2 Promo",15', NetworkAnswer(1, "1 Load\n2 Promo")),
        (f'+CUSD: 0,"{hexed("Số dư: 5.000đ")}",72', NetworkAnswer(0, "Số dư: 5.000đ")),
        (f'+CUSD: 0,"{hexed("Số dư")}",17', NetworkAnswer(0, "Số dư")),
        (f'+CUSD: 0,"{hexed(BALANCE)}",15', NetworkAnswer(0, BALANCE)),
        (f'+CUSD: 0,"{sms_rig.packed(sms_rig.codes(BALANCE))}",15', NetworkAnswer(0, BALANCE)),
        ('+CUSD: 0,"AA180C3602",15', NetworkAnswer(0, "*100#")),
        ('+CUSD: 0,"1250",15', NetworkAnswer(0, "1250")),
        ('+CUSD: 0,"say "hello", now",15', NetworkAnswer(0, 'say "hello", now')),
        ("+CUSD: 4", NetworkAnswer(4, "")),
        ("+CUSD: 2,,", NetworkAnswer(2, "")),
        ('+CUSD: 0,"cut', NetworkAnswer(0, "cut")),
        ("+CSQ: 1,2", None),
        ("+CUSD: x", None),
    ],
)
def test_answers(line, answer):
    assert read_answer(line) == answer


def test_codes_hold_nothing_that_commands():
    assert check_code("*143*1#") == "*143*1#"
    for bad in ("", '*1"', "*1\r", "+1", "*123#;", "*" * 41, "٣"):
        with pytest.raises(TextError):
            check_code(bad)


def test_packed_codes():
    assert packed_code("*100#") == "AA180C3602"
    assert packed_code("*115*5#") == "AA58ACA6AA8D1A"  # CR fills the spare septet


@given(st.text(max_size=60), st.integers(-1, 300))
def test_no_line_raises(text, scheme):
    read_answer("+CUSD:" + text)
    answer = read_answer(f'+CUSD: 0,"{text}",{scheme}')
    assert answer is None or isinstance(answer.text, str)


@given(st.text("0123456789ABCDEFabcdef ", max_size=60), st.sampled_from([15, 17, 68, 72, 0]))
def test_no_hex_raises(text, scheme):
    assert read_answer(f'+CUSD: 0,"{text}",{scheme}') is not None
