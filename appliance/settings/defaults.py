"""Names that exist in every shop without being configured."""

# Spoken out of the box, each in English; a [[prompt]] of the same name replaces it.
DEFAULT_PROMPTS: tuple[str, ...] = (
    "welcome",
    "wrong_key",
    "no_key",
    "recording_notice",
    "leave_message",
    "message_saved",
    "nobody_available",
    "not_available",
    "cannot_record",
    "goodbye",
    "hold",
)

# Named by the product, but not served by this release: refused with a sentence that says so.
LATER_LINE_DRIVERS: tuple[str, ...] = ("cellular", "linecard_fxo", "gpio_line", "rehearsal")
LATER_STATION_DRIVERS: tuple[str, ...] = ("sound_handset", "browser")
LATER_DESTINATIONS: tuple[str, ...] = ("queue", "number")

LINE_DRIVERS: tuple[str, ...] = ("voice_modem",)
STATION_DRIVERS: tuple[str, ...] = ("linecard_fxs",)
STRATEGIES: tuple[str, ...] = ("ring_all", "hunt")
LEVELS: tuple[str, ...] = ("off", "automatic")
RECORDING_MODES: tuple[str, ...] = ("off", "announce", "always")
KEYPAD = "0123456789*#"
