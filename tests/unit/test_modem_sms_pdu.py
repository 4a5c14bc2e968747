"""Short messages in PDU mode against vectors of public documents and an encoder of its own."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import TextError
from appliance.modem import gsm7
from appliance.modem.sms_fields import (
    Octets,
    read_address,
    read_coding,
    read_time,
    validity_minutes,
    write_validity,
)
from appliance.modem.sms_parts import split_text
from appliance.modem.sms_pdu import Deliver, StatusReport, Submit, read_pdu, write_submit
from tests.unit import sms_rig

DEFAULT_TEXT = st.text(sms_rig.DEFAULT.replace("\x1b", "") + "".join(sms_rig.EXTENSION))
NUMBERS = st.from_regex(r"\+?[0-9]{1,20}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("hellohello", "E8329BFD4697D9EC37"),
        ("How are you?", "C8F71D14969741F977FD07"),
        ("2 € par mois", "32D0A60C8287E5A0F63B3D07"),
        ("1234567", "31D98C56B3DD00"),
    ],
)
def test_published_packings(text, octets):
    septets = gsm7.encode(text)
    assert gsm7.pack(septets).hex().upper() == octets
    assert gsm7.decode(gsm7.unpack(bytes.fromhex(octets), len(septets))) == text


@pytest.mark.parametrize(
    ("octets", "address"),
    [
        ("0B915155214365F7", "+15551234567"),
        ("0BD0CDE6DB5DCE03", "MMoney"),
        ("14D0C4F23C7D760390EF7619", "Design@Home"),
        ("0381A1F2", "1*2"),
        ("0481BADC", "*#ab"),
        ("00D0", ""),
    ],
)
def test_addresses(octets, address):
    assert read_address(Octets(bytes.fromhex(octets))) == address


@pytest.mark.parametrize(
    ("octets", "utc"),
    [
        ("70402132522400", datetime(2007, 4, 12, 23, 25, 42, tzinfo=UTC)),
        ("70402132522423", datetime(2007, 4, 12, 15, 25, 42, tzinfo=UTC)),
        ("3130523210658A", datetime(2013, 3, 26, 6, 1, 56, tzinfo=UTC)),
        ("99309251619580", datetime(1999, 3, 29, 13, 16, 59, tzinfo=UTC)),
    ],
)
def test_published_time_stamps(octets, utc):
    assert read_time(Octets(bytes.fromhex(octets))) == utc.timestamp()


@pytest.mark.parametrize("octets", ["70402132522A00", "00000000000000", "70401332522400"])
def test_what_is_no_time_is_none(octets):
    assert read_time(Octets(bytes.fromhex(octets))) is None


def test_a_published_message_from_the_network():
    message = read_pdu("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37")
    assert isinstance(message, Deliver)
    assert message.text == "hellohello"
    assert message.number == "27838890001"
    assert message.service_centre == "+27381000015"
    assert message.part is None


def test_a_published_message_to_the_network():
    message = read_pdu("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 23)
    assert isinstance(message, Submit)
    assert message.number == "+46708251358"
    assert message.user.text == "hellohello"
    assert message.validity_s == 4 * 86_400
    pdu, length = write_submit(
        "+46708251358", "gsm7", b"hellohello", wants_report=False, validity_s=4 * 86_400
    )
    assert (pdu, length) == ("0011000B916407281553F80000AA0AE8329BFD4697D9EC37", 23)


@given(NUMBERS, DEFAULT_TEXT | st.text(), st.integers(100_000, 3_000_000_000), st.integers(-48, 56))
def test_what_the_network_delivers_is_read(number, text, utc, quarters):
    text = text[:60]
    if len(text.encode("utf-16-be")) > 140:
        text = text[:30]
    pdu, length = sms_rig.deliver(number, text, utc, quarters=quarters)
    message = read_pdu(pdu, length)
    assert isinstance(message, Deliver)
    assert message.number == number
    assert message.text == text
    assert message.sent_at == utc


@given(DEFAULT_TEXT.filter(lambda t: len(sms_rig.codes(t)) <= 140), st.integers(1, 12))
def test_fill_bits_after_a_header_of_any_length(text, padding):
    udh = f"70{padding:02X}" + "5A" * padding  # an element of the (U)SIM, to be skipped
    if len(sms_rig.codes(text)) * 7 / 8 + padding + 4 > 140:
        text = text[:20]
    message = read_pdu(*sms_rig.deliver("GLOBE", text, udh=udh))
    assert message.text == text


def test_senders_with_names():
    for name in ("GLOBE", "A", "Jollibee 8", "7-Eleven", "ABCDEFGHIJK"):
        assert read_pdu(*sms_rig.deliver(name, "x")).number == name


@pytest.mark.parametrize("bits", [8, 16])
def test_the_part_among_other_elements_in_any_order(bits):
    mine = sms_rig.part(2, 3, 200, bits)
    for udh in (mine, "0504158200F0" + mine, mine + "240101", "7003010203" + mine + "0A03000510"):
        message = read_pdu(*sms_rig.deliver("+639171234567", "abc", udh=udh))
        assert (message.part.reference, message.part.total, message.part.number) == (200, 3, 2)
        assert message.part.bits == bits
        assert message.text == "abc"


def test_parts_that_cannot_be_are_no_parts():
    for number, total in ((0, 2), (3, 2), (1, 0)):
        message = read_pdu(*sms_rig.deliver("1", "abc", udh=sms_rig.part(number, total)))
        assert message.part is None
    torn = read_pdu(*sms_rig.deliver("1", "abc", udh="00030102"))
    assert torn.part is None


def test_national_tables_are_named_by_the_header():
    def read(udh, codes):
        head = f"{len(udh) // 2:02X}{udh}"
        skipped = (len(head) * 4 + 6) // 7
        data = sms_rig.packed(codes, skipped * 7 - len(head) * 4)
        ud = f"{skipped + len(codes):02X}{head}{data}"
        return read_pdu(*sms_rig.deliver("1", "", udh=udh, scheme="00", ud=ud)).text

    assert read("250101", [0x40, 0x60, 0x07, 0x1C]) == "İçıŞ"
    assert read("240101", [0x1B, 0x67, 0x1B, 0x65, 0x1B, 0x41]) == "ğ€A"
    assert read("240102", [0x1B, 0x61, 0x1B, 0x09]) == "áç"
    assert read("240103250103", [0x5B, 0x1B, 0x7B, 0x0C]) == "Ããô"
    assert read("240106250106", [0x41, 0x1B, 0x65]) == "A€"  # tables we have not: default


def test_codes_beyond_the_tables():
    assert gsm7.decode(b"\x1b\x41\x1b\x1b\x1b") == "A  "


@pytest.mark.parametrize(
    ("scheme", "alphabet", "message_class"),
    [
        (0x00, "gsm7", None), (0x04, "8bit", None), (0x08, "ucs2", None), (0x10, "gsm7", 0),
        (0x18, "ucs2", 0), (0x48, "ucs2", None), (0xC8, "gsm7", None), (0xD8, "gsm7", None),
        (0xE8, "ucs2", None), (0xF1, "gsm7", 1), (0xF5, "8bit", 1), (0x84, "gsm7", None),
    ],
)  # fmt: skip
def test_coding_schemes(scheme, alphabet, message_class):
    coding = read_coding(scheme)
    assert (coding.alphabet, coding.message_class) == (alphabet, message_class)


def test_eight_bit_data_is_shown_as_such():
    pdu = sms_rig.deliver("1", "", scheme="04", ud="03010A80")
    assert read_pdu(*pdu).text == "[data] 010A80"


def test_half_a_surrogate_pair_becomes_a_replacement_character():
    pdu = sms_rig.deliver("1", "", scheme="08", ud="060041D83D0042")
    assert read_pdu(*pdu).text == "A\ufffdB"


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, "delivered"), (2, "delivered"), (0x20, "trying"), (0x41, "failed"), (0x60, "failed")],
)
def test_status_reports(status, state):
    report = read_pdu(*sms_rig.report("+639171234567", 200, status))
    assert isinstance(report, StatusReport)
    assert (report.number, report.reference, report.state) == ("+639171234567", 200, state)
    assert report.done_at == report.sent_at + 5 == 1_790_000_005


def test_validity_periods():
    assert [validity_minutes(v) for v in (0, 143, 144, 167, 168, 196, 197, 255)] == [
        5, 720, 750, 1440, 2880, 43_200, 50_400, 635_040,
    ]  # fmt: skip
    assert write_validity(86_400) == 167
    assert write_validity(1) == 0
    assert write_validity(1e12) == 255


def test_a_wrong_length_is_noticed():
    pdu, length = sms_rig.deliver("1", "abc")
    for wrong in (length - 1, length + 1):
        with pytest.raises(TextError):
            read_pdu(pdu, wrong)
    with pytest.raises(TextError):
        read_pdu(pdu[:-4])


@given(NUMBERS, st.text(max_size=500), st.integers(0, 70_000))
def test_texts_sent_read_back_whole_in_parts_that_fit(number, text, reference):
    parts = [
        (part, read_pdu(part.pdu, part.length)) for part in split_text(number, text, reference)
    ]
    assert "".join(m.user.text for _, m in parts) == text
    for index, (part, message) in enumerate(parts):
        assert isinstance(message, Submit)
        assert message.number == number
        assert message.wants_report
        assert part.length <= 20 + 144
        if len(parts) > 1:
            header = message.user.header.part
            assert (header.number, header.total) == (index + 1, len(parts))
            assert header.reference == reference % 256


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1),
        ("€" * 81, 2), ("a" * 152 + "€" * 10, 2), ("ậ" * 70, 1), ("ậ" * 71, 2), ("ậ" * 134, 2),
        ("ậ" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("", 1), ("Ñandú ñ", 1),
    ],
)  # fmt: skip
def test_how_many_parts_a_text_takes(text, parts):
    assert len(split_text("0917", text, 1)) == parts


def test_no_pair_is_cut_between_parts():
    for text in ("a" * 152 + "€" * 10, "ậ" * 66 + "😀" * 10):
        messages = [read_pdu(p.pdu, p.length) for p in split_text("0917", text, 1)]
        assert "".join(m.user.text for m in messages) == text
        assert all("\ufffd" not in m.user.text for m in messages)


def test_what_cannot_be_sent_is_refused():
    for number, text in (("", "x"), ("1" * 21, "x"), ("0917;", "x"), ("0917", "a" * 4000),
                         ("0917", "\ud83d" * 3)):  # fmt: skip
        with pytest.raises(TextError):
            split_text(number, text, 1)


@settings(max_examples=400)
@given(st.binary(max_size=200), st.none() | st.integers(0, 200))
def test_no_bytes_raise_anything_else(data, length):
    try:
        message = read_pdu(data.hex(), length)
    except TextError:
        return
    if isinstance(message, StatusReport):
        return
    assert isinstance(message.user.text, str)


@given(st.binary(max_size=60), st.integers(0, 255))
def test_no_message_with_a_damaged_octet_raises_anything_else(tail, at):
    pdu = bytearray.fromhex(sms_rig.deliver("GLOBE", "hello {€}", udh=sms_rig.part(1, 2))[0])
    pdu[at % len(pdu) : at % len(pdu) + len(tail)] = tail
    try:
        read_pdu(pdu.hex())
    except TextError:
        return


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text):
    with pytest.raises(TextError):
        read_pdu(text + "x")
