"""Long messages joined: any order, twice, from two senders, with a part that never comes."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.modem.sms_parts import GAP, WAIT_S, PartsJoiner, clean_text
from appliance.modem.sms_pdu import read_pdu
from tests.unit import sms_rig


def part(number, total, text, sender="+639171234567", reference=7, utc=1_790_000_000, bits=8):
    udh = sms_rig.part(number, total, reference, bits)
    return read_pdu(*sms_rig.deliver(sender, text, utc, udh))


def test_a_whole_message_is_told_at_once():
    (joined,) = PartsJoiner().add(read_pdu(*sms_rig.deliver("GLOBE", "hi")), "SM1", 0.0)
    assert (joined.number, joined.text, joined.missing_parts) == ("GLOBE", "hi", 0)
    assert joined.copies == ("SM1",)


@given(st.permutations([1, 2, 3, 4]), st.lists(st.integers(1, 4), max_size=3))
def test_parts_in_any_order_and_more_than_once_make_one_message(order, again):
    joiner = PartsJoiner()
    told = []
    sequence = [*order[:-1], *[n for n in again if n != order[-1]], order[-1]]
    for copy, number in enumerate(sequence):
        told += joiner.add(part(number, 4, f"<{number}>"), copy, 0.0)
    (joined,) = told
    assert joined.text == "<1><2><3><4>"
    assert joined.missing_parts == 0
    assert set(joined.copies) == set(range(len(sequence)))
    assert joiner.waiting == 0


def test_two_senders_two_widths_and_two_lengths_are_kept_apart():
    joiner = PartsJoiner()
    told = joiner.add(part(1, 2, "a1"), 1, 0.0)
    told += joiner.add(part(2, 2, "b2", sender="GLOBE"), 2, 0.0)
    told += joiner.add(part(2, 2, "c2", bits=16), 3, 0.0)
    told += joiner.add(part(2, 3, "d2"), 4, 0.0)
    assert told == []
    told = joiner.add(part(1, 2, "b1", sender="GLOBE"), 5, 0.0)
    assert [j.text for j in told] == ["b1b2"]


def test_a_reference_used_again_ends_the_message_before():
    joiner = PartsJoiner()
    joiner.add(part(1, 2, "old"), 1, 0.0)
    (joined,) = joiner.add(part(1, 2, "new"), 2, 100.0)
    assert (joined.text, joined.missing_parts) == ("old" + GAP, 1)
    (joined,) = joiner.add(part(2, 2, " text"), 3, 100.0)
    assert (joined.text, joined.missing_parts, joined.copies) == ("new text", 0, (2, 3))


def test_a_part_sent_much_later_is_another_messages():
    joiner = PartsJoiner()
    joiner.add(part(1, 3, "old"), 1, 0.0)
    (joined,) = joiner.add(part(2, 3, "new", utc=1_790_010_000), 2, 100.0)
    assert joined.text == "old" + GAP + GAP


def test_a_part_that_never_comes_leaves_a_gap_after_an_hour():
    joiner = PartsJoiner()
    joiner.add(part(1, 4, "one "), 1, 5.0)
    joiner.add(part(3, 4, " three "), 3, 50.0)
    assert joiner.deadline == 5.0 + WAIT_S
    assert joiner.tick(4.0 + WAIT_S) == []
    (joined,) = joiner.tick(5.0 + WAIT_S)
    assert joined.text == f"one {GAP} three {GAP}"
    assert joined.missing_parts == 2
    assert joiner.deadline is None


def test_pairs_cut_by_the_sender_are_whole_again():
    def raw(number, scheme, body, count):
        udh = sms_rig.part(number, 2)
        return read_pdu(
            *sms_rig.deliver("1", "", udh=udh, scheme=scheme, ud=f"{count:02X}05{udh}{body}")
        )

    joiner = PartsJoiner()
    joiner.add(raw(1, "08", "0041D83D", 10), 1, 0.0)
    (joined,) = joiner.add(raw(2, "08", "DE000042", 10), 2, 0.0)
    assert joined.text == "A😀B"
    joiner.add(raw(1, "00", sms_rig.packed([0x41, 0x1B], 1), 9), 1, 0.0)
    (joined,) = joiner.add(raw(2, "00", sms_rig.packed([0x65, 0x42], 1), 9), 2, 0.0)
    assert joined.text == "A€B"


def test_the_same_message_from_the_network_again_is_known():
    joiner = PartsJoiner()
    message = read_pdu(*sms_rig.deliver("GLOBE", "hi"))
    assert not joiner.is_known(message, 0.0)
    joiner.remember([message], 0.0)
    assert joiner.is_known(read_pdu(*sms_rig.deliver("GLOBE", "hi")), 10.0)
    assert not joiner.is_known(read_pdu(*sms_rig.deliver("GLOBE", "hi", 1_790_000_001)), 10.0)
    assert not joiner.is_known(message, 90_000.0)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.integers(1, 3), st.sampled_from("ab"), st.sampled_from("1G"),
            st.floats(0, 5000),
        ),
        max_size=20,
    )
)  # fmt: skip
def test_every_part_is_told_once_whatever_comes(parts):
    joiner, now, told = PartsJoiner(), 0.0, []
    for copy, (number, total, text, sender, wait) in enumerate(parts):
        now += wait
        told += joiner.tick(now)
        told += joiner.add(part(min(number, total), total, text, sender), copy, now)
    told += joiner.take_all()
    copies = [copy for joined in told for copy in joined.copies]
    assert sorted(copies) == list(range(len(parts)))
    assert joiner.waiting == 0


def test_text_fit_to_keep():
    assert clean_text("a\r\nb\rc\fd\0e\x85f\tg") == "a\nb\nc\ndef\tg"
