"""Every error Counterbell raises: each inherits the product's base and the matching builtin."""


class CounterbellError(Exception):
    """Base of all errors raised on purpose by this product."""


class IllegalEvent(CounterbellError, RuntimeError):
    """An event that the state machine's table does not hold; the state is unchanged."""


class ConfigError(CounterbellError, ValueError):
    """A configuration that can't be used: names the file, the key and what is allowed."""


class SettingsOnTrial(CounterbellError, RuntimeError):
    """Settings are on trial and stand in the way, or none are; the text says what to do."""


class LineFault(CounterbellError, OSError):
    """A line's equipment or the network behind it misbehaved."""


class NumberRefused(CounterbellError, ValueError):
    """What should be dialled is no number a line may be given."""


class TextError(CounterbellError, ValueError):
    """A short message that can't be coded or read: too long, no PDU, an unknown alphabet."""


class ModemError(CounterbellError, OSError):
    """A modem answered ERROR, or something that its protocol does not allow."""


class ModemTimeout(CounterbellError, TimeoutError):
    """A modem did not answer a command in time."""


class CallerIdError(CounterbellError, ValueError):
    """What came as caller ID is none: a wrong checksum, length or type, or no number."""


class GpioError(CounterbellError, OSError):
    """A GPIO pin can't be used; the text says which and why, for the owner."""


class LinkError(CounterbellError, OSError):
    """The serial link to a line-card HAT failed or spoke another protocol version."""


class AudioError(CounterbellError, RuntimeError):
    """The audio loop refused a request: no free port, an unknown clip, a full command ring."""


class SoundCardError(CounterbellError, OSError):
    """A sound card can't be used; the text says why, for the owner."""


class NoSoundSystem(SoundCardError):
    """There is no sound system on this machine, or it has no card at all."""


class SoundCardAbsent(SoundCardError):
    """No sound card goes by that name now, or more than one does."""


class SoundCardRefused(SoundCardError):
    """The sound card is there and can't be opened as asked."""


class PromptError(CounterbellError, ValueError):
    """A prompt could not be made or read."""


class StorageError(CounterbellError, OSError):
    """Configuration, history or a recording could not be read or written."""


class StateFolderLocked(StorageError, BlockingIOError):
    """Another daemon already owns this state folder."""


class BackupError(StorageError):
    """A shop could not be saved or brought back: a sentence for the owner; nothing was changed."""


class NetworkRefused(CounterbellError, ValueError):
    """A Wi-Fi network that the box can't be told to join: a sentence for the owner."""


class SelfTestFailed(CounterbellError, RuntimeError):
    """The release's own test call did not go as it should: a sentence for a technician."""


class ReleaseRefused(CounterbellError, ValueError):
    """A release file can't be used on this box: a sentence for the owner; nothing was changed."""


class UpdateError(CounterbellError, OSError):
    """An update could not be made: a sentence for the owner, who still has the release before."""


class ControlError(CounterbellError, RuntimeError):
    """The daemon refused or could not carry out a control request.

    ``code``: as in docs/control-api.md, 0 where none came. ``retry_after_s``: while locked out.
    """

    code: int = 0
    retry_after_s: float = 0.0


class DaemonNotRunning(ControlError, ConnectionError):
    """Nobody answers on the control socket."""


class PermissionDenied(ControlError, PermissionError):
    """The token's role may not call this method."""


class SignInRefused(ControlError, ValueError):
    """A wrong code, name or password, or one that is not good enough: text for the person."""


class SignInLocked(ControlError, PermissionError):
    """Too many failures: try again after ``retry_after_s`` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"too many wrong tries: wait {retry_after_s:.0f} seconds")
        self.retry_after_s = retry_after_s


class SimulatorError(CounterbellError, RuntimeError):
    """The emulated telephone network could not do what was asked."""
