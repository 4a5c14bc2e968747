"""The configuration's TOML: what is read, every way it can be wrong, and writing it back."""

import dataclasses
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.audio.prompts import DEFAULT_TEXTS
from appliance.core.plan import LinePlan, Plan, RingGroupPlan, TelephonyPlan
from appliance.errors import ConfigError
from appliance.settings import (
    LinecardSettings,
    LineSettings,
    MenuSettings,
    PromptSettings,
    RecordingSettings,
    RingGroupSettings,
    Settings,
    ShopSettings,
    StationSettings,
    TelephonySettings,
    VoicemailSettings,
    resolve_audio,
    resolve_port,
)
from appliance.settings.defaults import DEFAULT_PROMPTS
from appliance.settings.diff import describe_changes
from appliance.settings.numbering import emergency_numbers, numbering_of
from appliance.settings.references import check_references
from appliance.settings.schema import TABLES
from appliance.settings.toml import ConfigProblems, check_toml, read_toml, write_toml
from appliance.settings.values import read_values

DEMO = (Path(__file__).parents[2] / "appliance" / "demo" / "demo.toml").read_text()


def changed(old: str, new: str) -> list[str]:
    """The problems of the demo's configuration with one piece of it replaced."""
    assert old in DEMO
    return check_toml(DEMO.replace(old, new, 1), "shop.toml")


def line_of(text: str, piece: str) -> int:
    return next(n for n, line in enumerate(text.split("\n"), start=1) if piece in line)


def test_nothing_at_all_is_a_configuration():
    assert read_toml("") == Settings()
    assert read_toml("").to_plan(0) == Plan(0, numbering=numbering_of("US"))


def test_the_demo_becomes_a_plan():
    plan = read_toml(DEMO).to_plan(7)
    assert plan.generation == 7
    own = ("0905", "0906", "0917")
    mobile = LinePlan("globe", "menu:main", 1, prefixes=own, network_tells=True)
    assert plan.lines == {"landline": LinePlan("landline", "menu:main", 1), "globe": mobile}
    assert plan.ring_groups["orders"] == RingGroupPlan(
        "orders", ("11", "12"), "ring_all", 20.0, "voicemail:owner"
    )
    assert plan.menus["main"].keys["1"] == "ring_group:orders"
    assert plan.telephony == TelephonyPlan(recording="announce")
    assert set(plan.stations) == {"11", "12", "13"}


def test_the_limits_of_settings_and_plan_have_the_same_defaults():
    assert Settings().to_plan(1).telephony == TelephonyPlan()


def test_a_line_takes_the_shops_country_unless_it_has_its_own():
    assert read_toml(DEMO).lines[0].country == "PH"
    own = DEMO.replace('port = "devices/line0"', 'port = "devices/line0"\ncountry = "GB"')
    assert read_toml(own).lines[0].country == "GB"


def test_a_problem_names_file_line_key_and_what_is_allowed():
    (problem,) = changed('1 = "ring_group:orders"', '1 = "ring_grup:orders"')
    number = line_of(DEMO, "keys = {")
    assert problem == (
        f"shop.toml:{number}: menu[main].keys.1: 'ring_grup:orders' is not a destination"
        " (did you mean 'ring_group:orders'?); allowed: menu:main, ring_group:orders, station:11,"
        " station:12, station:13, voicemail:owner, prompt:hours, hang_up"
    )


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("[shop]", "[shopp]", "shopp", "unknown table (did you mean 'shop'?)"),
        ("ring_for_s", "ring_for", "ring_group[orders].ring_for", "did you mean 'ring_for_s'?"),
        ("socket = 2", 'socket = "2"', "station[12].socket", "got '2' (text); allowed: a whole"),
        ("socket = 2", "socket = 9", "station[12].socket", "got 9 (a whole number)"),
        ("socket = 2", "socket = true", "station[12].socket", "got true (true/false)"),
        ("socket = 2", "socket = 1", "station[12].socket", "is the socket of station[11] already"),
        ("wait_for_key_s = 6", "wait_for_key_s = nan", "menu[main].wait_for_key_s", "got nan"),
        ("repeats = 2", "repeats = 1979-05-27", "menu[main].repeats", "(a date)"),
        ('extension = "12"', "extension = 12", "station[#2].extension", "got 12 (a whole number)"),
        ('extension = "12"', 'extension = "11"', "station[11].extension", "'11' is used twice"),
        (
            'extension = "12"',
            'extension = "117"',
            "station[117].extension",
            "emergency number",
        ),
        ('["11", "12"]', '["11", "14"]', "ring_group[orders].stations[1]", "no station '14'"),
        ('["11", "12"]', '["11", "11"]', "ring_group[orders].stations[1]", "listed twice"),
        ('["11", "12"]', "[]", "ring_group[orders].stations", "got an empty list"),
        ('["11", "12"]', "[[1]]", "ring_group[orders].stations[0]", "got a list"),
        ('linecard = "hat0"', 'linecard = "hat"', "station[11].linecard", "no linecard 'hat'"),
        (
            '"voice_modem"',
            '"rehearsal"',
            "line[landline].driver",
            "not available in this release",
        ),
        ('"voice_modem"', '"voicemodem"', "line[landline].driver", "did you mean 'voice_modem'?"),
        ('"linecard_fxs"', '"browser"', "station[11].driver", "not available in this release"),
        ('"menu:main"', '"menu:mian"', "line[landline].answer", "did you mean 'menu:main'?"),
        ('"menu:main"', '"queue:sales"', "line[landline].answer", "not available in this release"),
        ('"menu:main"', '"main"', "line[landline].answer", "'main' is not a destination"),
        ('prompt = "welcome"', 'prompt = "hello"', "menu[main].prompt", "no prompt 'hello'"),
        ("0 = ", "A = ", "menu[main].keys.A", "no key of a telephone"),
        ('"devices/hat0"', '"devices/line0"', "linecard[hat0].port", "port of line[landline]"),
        ('country = "PH"', 'country = "ph"', "shop.country", "two capital letters"),
        ('name = "owner"', 'name = "own er"', "voicemail[own er].name", "letters, digits"),
        ('name = "owner"', "", "voicemail[#1].name", "missing"),
        ("confirmed_by", "#", "recording.confirmed_by", "missing while mode is 'announce'"),
        ('"ring_all"', '"longest_idle"', "ring_group[orders].strategy", "ring_all, hunt"),
        ('text = { en = "We', 'text = { tl = "We', "prompt[hours]", "shop's language 'en'"),
        ('text = { en = "We', 'audio = { en = "../We', "prompt[hours].audio.en", "a .wav file"),
        ("[[linecard]]", "[linecard]", "linecard", "a table written as [[linecard]]"),
        ("[shop]", "[[shop]]", "shop", "a table written as [shop]"),
    ],
)
def test_each_mistake_is_told_at_its_place(old: str, new: str, place: str, words: str):
    problems = changed(old, new)
    assert any(f": {place}: " in problem and words in problem for problem in problems), problems


def test_all_problems_are_told_at_once_in_the_order_of_the_file():
    broken = DEMO.replace("ring_for_s", "ring_for").replace('"voice_modem"', '"x"')
    places = [problem.split(": ")[1] for problem in check_toml(broken, "shop.toml")]
    assert places == ["line[landline].driver", "ring_group[orders].ring_for"]


def test_ring_groups_that_hand_callers_round_are_told_once():
    group = '[[ring_group]]\nname = "{}"\nstations = ["11"]\notherwise = "ring_group:{}"\n'
    text = DEMO + group.format("a", "b") + group.format("b", "c") + group.format("c", "a")
    (problem,) = check_toml(text, "shop.toml")
    assert "ring_group[a].otherwise: never ends when all are busy: a -> b -> c -> a" in problem
    assert check_toml(DEMO + group.format("a", "orders"), "shop.toml") == []


@pytest.mark.parametrize("country", ["PH", "GB", "US", "ZZ"])
def test_no_extension_and_no_destination_is_an_emergency_number(country: str):
    text = DEMO.replace('country = "PH"', f'country = "{country}"')
    known = numbering_of(country)
    numbers = emergency_numbers(country)
    assert numbers
    assert {known.kind(number) for number in numbers} == {"emergency"}
    for number in numbers:
        hidden = text.replace('extension = "12"', f'extension = "{number}"')
        (problem,) = [p for p in check_toml(hidden, "x") if "emergency" in p]
        assert f"station[{number}].extension: '{number}' is an emergency number" in problem
        dialled = text + f'[[number]]\nname = "help"\nnumber = "{number}"\n'
        (problem,) = check_toml(dialled, "x")
        assert "number[help].number" in problem
        assert "never dialled automatically" in problem
        longer = text.replace('"12"', f'"{number}0"').replace('"11"', f'"{number[:-1]}"')
        assert check_toml(longer, "x") == []


def test_a_shop_without_a_country_has_the_defaults_emergency_numbers():
    text = DEMO.replace('country = "PH"', "").replace('extension = "12"', 'extension = "911"')
    assert any("'911' is an emergency number in US" in p for p in check_toml(text, "x"))


def test_a_menu_may_lead_to_itself():
    assert changed('otherwise = "ring_group:orders"', 'otherwise = "menu:main"') == []


def test_what_is_not_toml_is_one_problem_with_its_line():
    (problem,) = check_toml("[shop]\nname = \n", "shop.toml")
    assert problem.startswith("shop.toml: is not TOML: ")
    assert "line 2" in problem
    assert "nested too deeply" in check_toml("a = " + "[" * 100_000, "x")[0] or "TOML" in problem
    assert "longer than" in check_toml("#" * 300_000, "x")[0]


def test_problems_come_as_one_error_with_the_builtin_kind():
    with pytest.raises(ConfigProblems) as caught:
        read_toml("[shop]\ncountry = 1\nname = 2\n", "shop.toml")
    assert len(caught.value.problems) == 2
    assert isinstance(caught.value, ConfigError | ValueError)


def test_hostile_names_stay_on_one_line():
    (problem, *_) = check_toml('[["a\\nb\\u001b[31m"]]\nx = 1\n', "shop.toml")
    assert "\n" not in problem
    assert "\x1b" not in problem


def test_relative_ports_and_audio_belong_to_the_state_folder():
    state = Path("/var/lib/counterbell")
    assert resolve_port(state, "line0") == "/var/lib/counterbell/line0"
    assert resolve_port(state, "/dev/ttyACM0") == "/dev/ttyACM0"
    assert resolve_audio(state, "hi.wav") == Path("/var/lib/counterbell/prompts/hi.wav")


def test_changes_are_told_in_words():
    old = read_toml(DEMO)
    text = DEMO.replace('"Counter"', '"Front"').replace("ring_for_s = 20", "ring_for_s = 30")
    text += '[[voicemail]]\nname = "spare"\n'
    assert describe_changes(old, read_toml(text)) == [
        "station[11].name: 'Counter' -> 'Front'",
        "ring_group[orders].ring_for_s: 20 -> 30",
        "voicemail[spare]: added",
    ]
    assert describe_changes(old, old) == []
    assert "line[landline]: removed" in describe_changes(old, Settings())


def test_the_document_tells_every_key_with_its_default():
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    for table in TABLES:
        shape = f"[[{table.name}]]" if table.identity else f"[{table.name}]"
        _, found, rest = text.partition(f"\n## `{shape}`")
        assert found, shape
        section = rest.partition("\n## ")[0]
        defaults = {f.name: f.default for f in dataclasses.fields(table.record)}
        for key in table.keys:
            row = next(line for line in section.splitlines() if line.startswith(f"| `{key.name}`"))
            default = row.split("|")[3].strip()
            assert (default == "required") == table.required(key), row
            if key.kind in ("integer", "number") and not table.required(key):
                assert default == "none" or float(default) == defaults[key.name], row
                assert (default == "none") == (defaults[key.name] is None), row
                span = f"{key.low:g}–{key.high:g}"
                wanted = map(str, key.numbers) if key.numbers else (span,)
                assert all(word in row for word in wanted), row
            for choice in key.choices:
                assert f"`{choice}`" in row, row


def test_the_example_in_the_document_is_good():
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    for example in text.split("```toml\n")[1:]:
        assert check_toml(example.partition("```")[0], "configuration.md") == []


def test_every_default_prompt_is_in_the_document():
    text = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    assert [name for name in DEFAULT_PROMPTS if f"`{name}`" not in text] == []


def test_the_default_prompts_are_those_the_voice_can_speak():
    assert set(DEFAULT_PROMPTS) == set(DEFAULT_TEXTS)


# --- properties ------------------------------------------------------------------------------

words = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=8).filter(
    lambda word: word[0] not in "_-"
)
spoken = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=40
).filter(str.strip)
seconds = st.floats(5, 60, allow_nan=False)


@st.composite
def shops(draw: st.DrawFn) -> Settings:
    """Any configuration that is good."""
    extensions = draw(st.lists(st.from_regex(r"[0-9]{2}", fullmatch=True), unique=True, max_size=8))
    mailboxes = draw(st.lists(words, unique=True, min_size=1, max_size=3))
    prompts = draw(st.lists(words, unique=True, min_size=1, max_size=3))
    ends = st.sampled_from([f"voicemail:{m}" for m in mailboxes] + ["hang_up"])
    groups = draw(st.lists(words, unique=True, max_size=3)) if extensions else []
    anywhere = st.sampled_from([f"ring_group:{g}" for g in groups] + ["hang_up"])
    mode = draw(st.sampled_from(["off", "announce", "always"]))
    return Settings(
        shop=ShopSettings(draw(spoken), "PH", "en"),
        recording=RecordingSettings(mode, draw(spoken)),
        telephony=TelephonySettings(howler_s=draw(seconds), busy_tone_s=draw(seconds)),
        lines=tuple(
            LineSettings(n, "voice_modem", draw(anywhere), f"/dev/{n}", draw(st.integers(1, 10)))
            for n in draw(st.lists(words, unique=True, max_size=2))
        ),
        linecards=(LinecardSettings("hat0", "port of hat0"),),
        stations=tuple(
            StationSettings(e, draw(spoken), "linecard_fxs", "hat0", socket)
            for socket, e in enumerate(extensions, start=1)
        ),
        ring_groups=tuple(
            RingGroupSettings(g, tuple(extensions), "hunt", draw(seconds), draw(ends))
            for g in groups
        ),
        voicemails=tuple(VoicemailSettings(m, draw(st.sampled_from(prompts))) for m in mailboxes),
        menus=tuple(
            MenuSettings(n, prompts[0], {draw(st.sampled_from("0123456789*#")): draw(anywhere)})
            for n in draw(st.lists(words, unique=True, max_size=2))
        ),
        prompts=tuple(PromptSettings(p, {"en": draw(spoken)}, {}) for p in prompts),
    )


@given(shops())
@settings(max_examples=60, deadline=None)
def test_import_undoes_export(shop: Settings):
    text = write_toml(shop)
    assert write_toml(read_toml(text)) == text
    assert describe_changes(read_toml(text), shop) == []
    assert read_toml(text) == shop


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
@settings(max_examples=150, deadline=None)
def test_no_text_at_all_breaks_the_reader(text: str):
    assert all(problem.startswith("f:") for problem in check_toml(text, "f"))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_value_under_any_key_is_a_problem_or_good(data: st.DataObject):
    table = data.draw(st.sampled_from(TABLES))
    row = {key.name: data.draw(values) for key in table.keys if data.draw(st.booleans())}
    findings = read_values({table.name: [row] if table.identity else row})
    check_references(findings)
