"""Which signs together are an answer: what rings, what our own ear heard, what a network says."""

from appliance.core.answer import AnswerVote


def vote(*signs: str, source: str = "") -> bool:
    votes = AnswerVote()
    figures = {"source": source} if source else {}
    return [votes.sign(sign, 0.0, figures if sign == "ringback" else {}) for sign in signs][
        -1
    ].is_enough


def test_a_voice_after_ringback_that_our_ear_heard_is_an_answer() -> None:
    assert vote("ringback", "voice")


def test_a_voice_while_the_network_says_it_rings_may_be_a_song() -> None:
    assert not vote("ringback", "voice", source="network")
    assert vote("ringback", "voice", "modem_connected", source="network")
