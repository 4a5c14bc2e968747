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
    "claim_welcome",
    "claim_open",
    "claim_host",
    "claim_code",
    *(f"digit_{digit}" for digit in "0123456789"),
)

# Named by the product, but not served by this release: refused with a sentence that says so.
LATER_LINE_DRIVERS: tuple[str, ...] = ("rehearsal",)
LATER_STATION_DRIVERS: tuple[str, ...] = ("browser",)
LATER_DESTINATIONS: tuple[str, ...] = ("queue",)

LINE_DRIVERS: tuple[str, ...] = ("voice_modem", "cellular", "gpio_line", "linecard_fxo")
STATION_DRIVERS: tuple[str, ...] = ("linecard_fxs", "sound_handset")
# How a cellular modem's sound reaches us: its own USB sound card, a serial port of raw samples, or
# wires to a sound card of ours.
CELLULAR_AUDIO: tuple[str, ...] = ("usb_sound", "serial_pcm", "sound_card")
# Boards of ours at the Pi's header whose GPIO numbers are known (boards.py).
LINE_BOARDS: tuple[str, ...] = ("one_line", "gsm_carrier")
STATION_BOARDS: tuple[str, ...] = ("handset_adapter",)
DIAL_MODES: tuple[str, ...] = ("dial_tone", "blind")
WAITING_CALLS: tuple[str, ...] = ("reject", "tell")
RESETS: tuple[str, ...] = ("after_bad_call", "after_every_call", "never")
OUTGOING: tuple[str, ...] = ("allow", "emergency_only", "never")
STRATEGIES: tuple[str, ...] = ("ring_all", "hunt")
LEVELS: tuple[str, ...] = ("off", "automatic")
RECORDING_MODES: tuple[str, ...] = ("off", "announce", "always")
BACKUP_EVERY: tuple[str, ...] = ("never", "day", "week")
WEEKDAYS: tuple[str, ...] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
USB_STICK = "usb"  # where a saved shop goes to: whatever stick is called CB-BACKUP
KEYPAD = "0123456789*#"
