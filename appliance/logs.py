"""Log lines to stderr by a thread of their own: a slow reader of the log never holds a call up."""

import logging
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import QueueHandler, QueueListener

WAITING_LIMIT = 10_000  # lines; beyond that the newest are dropped rather than the daemon slowed


class _PatientHandler(QueueHandler):
    """Drops a line when the queue is full; never blocks the caller."""

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            return


@contextmanager
def log_to_stderr(level: str) -> Iterator[None]:
    """Log at ``level`` (debug, info, warning, error) until the block ends.

    The service manager adds the time; a line says who speaks and what.
    """
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LIMIT)
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    listener = QueueListener(waiting, writer)
    handler = _PatientHandler(waiting)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level.upper())
    listener.start()
    try:
        yield
    finally:
        root.removeHandler(handler)
        listener.stop()
