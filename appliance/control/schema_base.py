"""What every control method's schema is made of: codes, roles, common types, a method's row."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from msgspec import Meta, Struct

MAX_LINE_BYTES = 1024 * 1024
MAX_WAIT_S = 60.0


class Code(IntEnum):
    """Error codes (docs/control-api.md); those above -32100 and below -32000 are JSON-RPC's own."""

    PARSE = -32700
    REQUEST = -32600
    METHOD = -32601
    PARAMS = -32602
    INTERNAL = -32603
    REFUSED = -32000
    NOT_SIGNED_IN = -32001
    ROLE_TOO_LOW = -32002
    NOT_FOUND = -32003
    LOCKED_OUT = -32004


class Role(IntEnum):
    """Who may call: each role may do what those below it may."""

    ANYONE = 0
    STAFF = 1
    OWNER = 2


Short = Annotated[str, Meta(max_length=200)]
Id = Annotated[str, Meta(min_length=1, max_length=100)]
Text = Annotated[str, Meta(max_length=300_000)]
Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Limit = Annotated[int, Meta(ge=1, le=200)]


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """No parameters; the base of those that are."""


class Page(Params, frozen=True):
    """Of a list, the newest first. ``before``: the cursor that the page before gave as `next`."""

    before: Short | None = None
    limit: Limit = 50


class Nothing(Struct, frozen=True):
    pass


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the API's table. ``sends_file``: a descriptor travels with the answer."""

    role: Role
    params: type[Params]
    result: type[Struct]
    sends_file: bool = False
