"""The page on a socket that the service manager opened: it needs no right to the port."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

# What a service manager does between fork and exec: the socket at descriptor 3, and whose it is.
_MANAGER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
os.execv(sys.executable, [sys.executable, "-m", "web_admin.server", "--state", sys.argv[2]])
"""


def test_the_page_answers_on_the_socket_it_was_handed(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with subprocess.Popen(
            [sys.executable, "-c", _MANAGER, str(listening.fileno()), str(tmp_path)],
            pass_fds=[listening.fileno()],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "STATE_DIRECTORY": str(tmp_path)},
        ) as page:
            assert page.stdout is not None
            assert f":{port}/" in page.stdout.readline()
            try:
                with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as browser:
                    browser.request("GET", "/")
                    assert browser.getresponse().getheader("Location") == "/sign-in"
            finally:
                page.terminate()
