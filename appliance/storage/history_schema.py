"""The tables of the history: one append-only log of events, and what is derived from it."""

import contextlib
import sqlite3
from pathlib import Path

from appliance.errors import StorageError

SCHEMA_VERSION = 2
READABLE_SINCE = 1  # the oldest release's schema version that can still read this one

_SCHEMA = """
CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER NOT NULL,
    readable_since INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS event (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    call_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    utc REAL NOT NULL,
    monotonic REAL NOT NULL,
    boot_id TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS event_by_call ON event (call_id, seq);

CREATE TABLE IF NOT EXISTS call (
    seq INTEGER PRIMARY KEY,
    call_id TEXT NOT NULL UNIQUE,
    boot_id TEXT NOT NULL,
    began_monotonic REAL NOT NULL,
    direction TEXT NOT NULL,
    line TEXT NOT NULL,
    station TEXT NOT NULL,
    number TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    presentation TEXT NOT NULL DEFAULT 'unavailable',
    started_at REAL NOT NULL,
    answered_at REAL,
    connected_at REAL,
    ended_at REAL,
    disposition TEXT,
    ended_by TEXT,
    reason TEXT NOT NULL DEFAULT '',
    digits TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS call_by_start ON call (started_at, seq);
CREATE INDEX IF NOT EXISTS call_open ON call (call_id) WHERE ended_at IS NULL;

CREATE TABLE IF NOT EXISTS leg (
    leg_id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL,
    reason TEXT NOT NULL DEFAULT '',
    states TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX IF NOT EXISTS leg_by_call ON leg (call_id, began_at);

CREATE TABLE IF NOT EXISTS offer (
    offer_id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    station TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL,
    outcome TEXT
);
CREATE INDEX IF NOT EXISTS offer_by_call ON offer (call_id, began_at);

CREATE TABLE IF NOT EXISTS dial (
    dial_id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    line TEXT NOT NULL,
    number TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL,
    outcome TEXT
);
CREATE INDEX IF NOT EXISTS dial_by_call ON dial (call_id, began_at);
CREATE INDEX IF NOT EXISTS dial_by_start ON dial (began_at);

CREATE TABLE IF NOT EXISTS recording (
    recording_id TEXT PRIMARY KEY,
    call_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    began_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS recording_by_call ON recording (call_id, kind);
CREATE INDEX IF NOT EXISTS recording_open ON recording (recording_id) WHERE outcome = 'started';

CREATE TABLE IF NOT EXISTS message (
    seq INTEGER PRIMARY KEY,
    recording_id TEXT NOT NULL UNIQUE,
    call_id TEXT NOT NULL,
    voicemail TEXT NOT NULL,
    ms INTEGER NOT NULL,
    left_at REAL NOT NULL,
    heard INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS message_by_time ON message (left_at, seq);
CREATE INDEX IF NOT EXISTS message_new ON message (seq) WHERE heard = 0;

CREATE TABLE IF NOT EXISTS text (
    seq INTEGER PRIMARY KEY,
    text_id TEXT NOT NULL UNIQUE,
    direction TEXT NOT NULL,
    line TEXT NOT NULL,
    number TEXT NOT NULL,
    contact TEXT NOT NULL,
    body TEXT NOT NULL,
    at REAL NOT NULL,
    sent_at REAL,
    delivered_at REAL,
    state TEXT NOT NULL,
    state_at REAL NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    missing_parts INTEGER NOT NULL DEFAULT 0,
    parts INTEGER NOT NULL DEFAULT 0,
    is_read INTEGER NOT NULL,
    author TEXT NOT NULL DEFAULT '',
    dedupe TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS text_by_contact ON text (contact, seq);
CREATE INDEX IF NOT EXISTS text_new ON text (contact) WHERE is_read = 0;
CREATE INDEX IF NOT EXISTS text_open ON text (seq) WHERE state IN ('queued', 'sending');
CREATE INDEX IF NOT EXISTS text_out ON text (at) WHERE direction = 'out';

CREATE TABLE IF NOT EXISTS conversation (
    contact TEXT PRIMARY KEY,
    tail TEXT NOT NULL,
    last_seq INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS conversation_by_last ON conversation (last_seq);
CREATE INDEX IF NOT EXISTS conversation_by_tail ON conversation (tail);

CREATE TABLE IF NOT EXISTS line_trouble (
    seq INTEGER PRIMARY KEY,
    trouble_id TEXT NOT NULL UNIQUE,
    line TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    began_at REAL NOT NULL,
    ended_at REAL,
    ended_by TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS line_trouble_by_line ON line_trouble (line, seq);
CREATE INDEX IF NOT EXISTS line_trouble_open ON line_trouble (seq) WHERE ended_at IS NULL;

CREATE TABLE IF NOT EXISTS network_answer (
    line TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    answer TEXT NOT NULL,
    at REAL NOT NULL
);
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection, with the schema in place. Used by one thread at a time.

    Raises StorageError: the file belongs to a release too new, or sqlite3's reason.
    """
    with contextlib.ExitStack() as undo:
        try:
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
            undo.callback(db.close)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")  # acknowledged means on the card
            db.execute("BEGIN IMMEDIATE")
            _create(db)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageError(f"the history {path.name} can't be opened: {error}") from error
        undo.pop_all()
    return db


def _create(db: sqlite3.Connection) -> None:
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    row = db.execute("SELECT max(version), max(readable_since) FROM schema_version").fetchone()
    if row[1] is not None and row[1] > SCHEMA_VERSION:
        raise StorageError("the history was written by a newer release: update this one")
    if row[0] is None or row[0] < SCHEMA_VERSION:
        db.execute("INSERT INTO schema_version VALUES (?, ?)", (SCHEMA_VERSION, READABLE_SINCE))


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that can't write, for the reader thread. Raises StorageError."""
    try:
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)
        db.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        raise StorageError(f"the history {path.name} can't be read: {error}") from error
    db.row_factory = sqlite3.Row
    return db
