"""Short messages and service codes of a mobile line, from the emulated network to the history."""

from typing import Any

import pytest

from tests.whole.mobile_shop import Mobile, MobileShop, OpenMobile

NENA = "+639170000001"
LONG = "Please bring " + ", ".join(f"{n} loaves" for n in range(1, 40)) + "."


def kept(shop: MobileShop) -> list[dict[str, Any]]:
    """As texts.list gives them, newest first."""
    return list(shop.ask("texts.list")["texts"])


def sim_is_empty(shop: MobileShop) -> bool:
    return not any(shop.mobile.modem.texts.inbox.memories[m].used for m in ("SM", "ME"))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ec25", "Is it open?"),
        ("sim7600", LONG),
        ("a7672", "Tài khoản gốc: 45.000đ — ñ Ñ 🥖"),
        ("sim800", LONG),
    ],
)
def test_a_text_comes_in_once_and_leaves_the_sim(
    open_mobile: OpenMobile, kind: str, text: str
) -> None:
    shop = open_mobile(Mobile(kind))
    shop.mobile.send_text(NENA, text)
    shop.until(lambda: kept(shop), 30.0)
    shop.until(lambda: sim_is_empty(shop), 10.0)
    shop.pass_s(2.0)
    (got,) = kept(shop)
    assert (got["number"], got["text"], got["line"]) == (NENA, text, "landline")
    assert not shop.mobile.modem.texts.inbox.at_centre


def test_killed_between_keeping_and_deleting_it_is_there_once(open_mobile: OpenMobile) -> None:
    shop = open_mobile()
    deleted: list[str] = []
    transcript = shop.mobile.modem.transcript
    shop.mobile.send_text(NENA, "Two loaves, please.")
    shop.until(lambda: kept(shop) or deleted_already(transcript, deleted), 10.0)
    assert not deleted, "the copy went before the text was on the card"
    assert not sim_is_empty(shop)
    shop.kill_box()
    shop.pass_s(3.0)
    assert not sim_is_empty(shop)
    shop.restart_box()
    shop.until(lambda: sim_is_empty(shop), 20.0)
    assert [text["text"] for text in kept(shop)] == ["Two loaves, please."]


def deleted_already(transcript: Any, deleted: list[str]) -> bool:
    deleted += [line for line in transcript if line.startswith("AT+CMGD")]
    return bool(deleted)


def test_while_the_card_can_not_be_written_nothing_is_deleted(open_mobile: OpenMobile) -> None:
    shop = open_mobile()
    shop.workers["store"].stall()
    shop.mobile.send_text(NENA, "One")
    shop.pass_s(20.0)
    assert not sim_is_empty(shop)
    shop.workers["store"].release()
    shop.until(lambda: sim_is_empty(shop), 20.0)
    assert [text["text"] for text in kept(shop)] == ["One"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [("ec25", "Yes, until eight."), ("sim800", LONG), ("sim7600", "Bánh mì còn nóng 🥖")],
)
def test_a_text_goes_out_and_is_delivered(open_mobile: OpenMobile, kind: str, text: str) -> None:
    shop = open_mobile(Mobile(kind))
    sent = shop.ask("texts.send", line="landline", number=NENA, text=text)
    assert sent["state"] == "queued"
    seen: list[str] = []

    def is_delivered() -> bool:
        state = kept(shop)[0]["state"]
        if state not in seen:
            seen.append(state)
        return bool(state == "delivered")

    shop.until(is_delivered, 60.0)
    assert [state for state in seen if state != "queued"] == ["sending", "sent", "delivered"]
    assert "".join(one.submit.text for one in shop.mobile.modem.texts.sent) == text
    shop.until(lambda: sim_is_empty(shop), 20.0)


def test_texts_wait_for_the_end_of_a_call(open_mobile: OpenMobile) -> None:
    shop = open_mobile(Mobile("sim7600"))
    caller = shop.ring(hang_up_after_s=15.0)
    shop.until(lambda: shop.line_state == "in_call")
    shop.mobile.send_text(NENA, "Is it open?")
    shop.ask("texts.send", line="landline", number=NENA, text="Yes, until eight.")
    shop.pass_s(3.0)
    assert [text["state"] for text in kept(shop)] == ["sending"]
    assert shop.mobile.state()["texts_sent"] == []
    shop.until(caller.done.done)
    shop.until(lambda: shop.mobile.state()["texts_sent"])
    shop.until(lambda: len(kept(shop)) == 2 and sim_is_empty(shop), 30.0)


@pytest.mark.parametrize(
    ("kind", "code", "answer"),
    [
        ("ec25", "*143#", "Your balance is P123.45, valid until 12/31."),
        ("sim7600", "*123#", "Tài khoản gốc: 45.000đ. HSD: 31/12."),
        ("sim800", "*100#", "1 Balance\n2 Offers"),
    ],
)
def test_the_balance_is_asked_for(
    open_mobile: OpenMobile, kind: str, code: str, answer: str
) -> None:
    shop = open_mobile(Mobile(kind))
    assert shop.ask("line.ussd", line="landline", code=code) == {"text": answer}
    assert shop.ask("line.show", line="landline")["answer"]["text"] == answer
    assert shop.ask("line.ussd", line="landline", code="*143#")["text"].startswith("Your balance")


@pytest.mark.parametrize("kind", ["ec25", "sim7600"])
def test_dollars_and_signs_in_a_balance_are_shown(open_mobile: OpenMobile, kind: str) -> None:
    balance = "You have $5.00 left. Ask us @ help_desk"
    shop = open_mobile(Mobile(kind, emulated={"ussd": {"*888#": balance}}))
    assert shop.ask("line.ussd", line="landline", code="*888#") == {"text": balance}
