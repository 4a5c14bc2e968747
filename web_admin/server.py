"""Serves the page with gevent: hundreds of open event streams cost one small thread each."""

import argparse
import os
import signal
import socket
import sys
from pathlib import Path

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402 - sockets must be patched before anything imports them
from gevent.pywsgi import WSGIServer  # noqa: E402

from web_admin.factory import create_app  # noqa: E402

_FIRST_HANDED_FD = 3  # sd_listen_fds(3): SD_LISTEN_FDS_START


def handed_socket() -> socket.socket | None:
    """The listening socket that the service manager opened for us (sd_listen_fds(3)), if any."""
    is_ours = os.environ.get("LISTEN_PID") == str(os.getpid())
    if not is_ours or os.environ.get("LISTEN_FDS") != "1":
        return None
    handed = socket.socket(fileno=_FIRST_HANDED_FD)
    handed.setblocking(False)
    return handed


def serve(state: Path, listen: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT. Prints one line when ready. Returns the exit code."""
    own_folder = Path(os.environ.get("STATE_DIRECTORY", state))  # systemd gives the page its own
    app = create_app(state / "control.sock", own_folder / "web-secret")
    where = handed_socket() or (listen, port)
    server = WSGIServer(where, app, log=None, error_log=sys.stderr)
    try:
        server.start()
    except OSError as error:
        sys.stderr.write(
            f"counterbell web: can't listen on {listen} port {port}: {error.strerror}. "
            f"Choose another with --port.\n"
        )
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, server.stop, 1)
    shown = "localhost" if listen in {"0.0.0.0", "127.0.0.1", "::"} else listen
    sys.stdout.write(f"counterbell web: ready at http://{shown}:{server.server_port}/\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


def main() -> int:
    """Entry of the web process: ``python -m web_admin.server --state DIR``."""
    parser = argparse.ArgumentParser(prog="counterbell web")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--listen", default="0.0.0.0")
    parser.add_argument("--port", type=int, default=8080)
    arguments = parser.parse_args()
    return serve(arguments.state, arguments.listen, arguments.port)


if __name__ == "__main__":
    sys.exit(main())
