"""The simulator's short-message PDUs against vectors written by hand from 3GPP TS 23.040."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import SimulatorError
from appliance.simulator.cellular import gsm_alphabet, sms_pdu, ussd
from appliance.simulator.cellular.sms_pdu import Text

UTC = 922713419.0  # 1999-03-29 13:16:59 UTC
TWO_HOURS = 8  # quarters
ALPHABET = [chr(c) for c in range(0x20, 0x7F) if chr(c) != "`"] + list("€éñÑΩ\n")


def test_septets_are_packed_from_the_lowest_bit() -> None:
    packed = gsm_alphabet.pack(gsm_alphabet.to_septets("hellohello"))
    assert packed.hex().upper() == "E8329BFD4697D9EC37"


def test_extension_characters_take_two_septets() -> None:
    assert gsm_alphabet.to_septets("€[") == [0x1B, 0x65, 0x1B, 0x3C]
    assert gsm_alphabet.to_septets("@Ññ_") == [0x00, 0x5D, 0x7D, 0x11]


def test_deliver_of_one_part() -> None:
    (pdu,) = sms_pdu.deliver_pdus(
        Text("+46708251358", "hellohello"), 1, UTC, TWO_HOURS, "+27381000015"
    )
    assert pdu.hex().upper() == (
        "07917283010010F5"  # service centre
        "04"  # DELIVER, nothing more to come
        "0B916407281553F8"  # 11 digits, international
        "0000"
        "99309251619580"  # 99-03-29 15:16:59, +2 h
        "0AE8329BFD4697D9EC37"
    )
    assert sms_pdu.tpdu_length(pdu) == len(pdu) - 8


@pytest.mark.parametrize(
    ("sender", "field"),
    [
        ("GCASH", "09D0C761708A04"),  # 35 bits are 9 semi-octets
        ("Smart", "09D0D376584E07"),
        ("ABCDEFG", "0DD041E19058341E01"),  # 49 bits are 13
        ("888", "038188F8"),
        ("09171234567", "0B819071214365F7"),
    ],
)
def test_addresses(sender: str, field: str) -> None:
    assert sms_pdu.address(sender).hex().upper() == field


def test_zone_west_of_greenwich_has_the_sign_in_bit_3() -> None:
    assert sms_pdu.timestamp(UTC, -20)[-1] == 0x0A  # 20 quarters: nibbles 0, 2 with the sign


def test_ucs2() -> None:
    (pdu,) = sms_pdu.deliver_pdus(Text("888", "chị Hà"), 1, UTC, TWO_HOURS)
    assert pdu.hex().upper().endswith("0C" + "chị Hà".encode("utf-16-be").hex().upper())
    assert pdu[1 + 1 + 4 + 1] == 0x08  # data coding


def test_long_message_has_a_header_and_a_fill_bit() -> None:
    first, second = sms_pdu.deliver_pdus(Text("888", "a" * 153 + "b" * 8), 0x2A, UTC, TWO_HOURS)
    head = 1 + 1 + 4 + 2 + 7
    assert first[1] & 0x40
    assert first[head] == 160  # septets: 7 of the header, 153 of text
    assert first[head + 1 : head + 7].hex() == "0500032a0201"
    assert second[head] == 7 + 8
    assert second[head + 1 : head + 7].hex() == "0500032a0202"
    # 0x62 eight times, lowest bit first, after one fill bit: 57 bits in 8 octets
    bits = "0" + f"{0x62:07b}"[::-1] * 8
    octets = [int(bits.ljust(64, "0")[i : i + 8][::-1], 2) for i in range(0, 64, 8)]
    assert second[head + 7 :] == bytes(octets)


def test_wide_reference() -> None:
    parts = sms_pdu.deliver_pdus(
        Text("888", "x" * 200, wide_reference=True), 0x1234, UTC, TWO_HOURS
    )
    assert [part[16:23].hex() for part in parts] == ["06080412340201", "06080412340202"]
    assert parts[0][15] == 8 + 152  # 8 septets of header, no fill bit needed for 56 bits


def test_no_part_ends_amid_a_character() -> None:
    parts = sms_pdu.deliver_pdus(Text("888", "€" * 100), 1, UTC, TWO_HOURS)
    assert [part[15] - 7 for part in parts] == [152, 48]
    emoji = sms_pdu.deliver_pdus(Text("888", "a" + "😀" * 50), 1, UTC, TWO_HOURS)
    assert [(part[15] - 6) % 2 for part in emoji] == [0, 0]
    for part in emoji:
        part[22:].decode("utf-16-be")  # raises on half a pair


def test_submit_is_read() -> None:
    pdu = bytes.fromhex("0011000B916407281553F80000AA0AE8329BFD4697D9EC37")
    assert sms_pdu.tpdu_length(pdu) == 23
    submit = sms_pdu.read_submit(pdu)
    assert (submit.number, submit.text) == ("+46708251358", "hellohello")
    assert not submit.wants_report
    assert submit.part is None


def test_submit_of_a_long_message_with_a_report() -> None:
    body = gsm_alphabet.pack(gsm_alphabet.to_septets("tail"), 1)
    pdu = bytes.fromhex(
        "00" + "7100" + "03" + "81" + "88F8" + "0000" + "FF" + "0B" + "0500037F0302"
    )
    submit = sms_pdu.read_submit(pdu + body)
    assert (submit.text, submit.part, submit.wants_report) == ("tail", (0x7F, 3, 2), True)


@pytest.mark.parametrize(
    "pdu",
    [
        "",
        "00",
        "0004",
        "0011000B916407281553F80000AA0AE8329BFD4697D9EC",  # one octet short
        "0011000B916407281553F80000AA0AE8329BFD4697D9EC3737",  # one too many
        "00110000910000AA00",  # no digits
        "0051000391AAF80000AA0105",  # a header longer than the data
    ],
)
def test_bad_submits_are_refused(pdu: str) -> None:
    with pytest.raises(SimulatorError):
        sms_pdu.read_submit(bytes.fromhex(pdu))


def test_status_report() -> None:
    pdu = sms_pdu.status_report(7, "+46708251358", UTC, TWO_HOURS, status=0x46)
    assert pdu.hex().upper() == "00" + "0607" + "0B916407281553F8" + "99309251619580" * 2 + "46"


@given(st.lists(st.integers(0, 127), max_size=160), st.integers(0, 6))
def test_packing_is_undone(septets: list[int], fill: int) -> None:
    packed = gsm_alphabet.pack(septets, fill)
    assert gsm_alphabet.unpack(packed, len(septets), fill) == septets


@given(st.text(st.sampled_from(ALPHABET), max_size=400))
def test_alphabet_is_undone(text: str) -> None:
    assert gsm_alphabet.from_septets(gsm_alphabet.to_septets(text)) == text


@given(st.binary(max_size=200))
def test_reader_refuses_or_reads(data: bytes) -> None:
    try:
        submit = sms_pdu.read_submit(data)
    except SimulatorError:
        return
    assert submit.number.removeprefix("+")


def test_ussd_forms() -> None:
    assert ussd.encode("*100#", "packed") == ("AA180C3602", 15)  # 23.038 §6.1.2.3
    assert ussd.decode("AA180C3602", "packed") == "*100#"
    assert ussd.encode("Tài", "text") == ("Tài", 15)
    assert ussd.encode("số dư", "text") == ("0073" + "1ED1" + "0020" + "0064" + "01B0", 72)
    assert ussd.decode("002A", "ucs2") == "*"


@given(st.text(st.sampled_from("*#0123456789ab@"), min_size=1, max_size=40))
def test_packed_ussd_is_undone(text: str) -> None:
    packed, _ = ussd.encode(text, "packed")
    assert ussd.decode(packed, "packed").rstrip("@") == text.rstrip("@")
