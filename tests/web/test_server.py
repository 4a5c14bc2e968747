"""The page's real process: many open streams, its end, its restart, a port that is taken."""

import http.client
import socket
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlencode

from tests.web.conftest import CEILING_S, TOKEN, Server
from tests.web.shop import PASSWORD, Shop
from web_admin.live import MOST_STREAMS


def ask(
    server: Server, method: str, path: str, cookie: str = "", form: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=CEILING_S)
    headers = {"Cookie": cookie} if cookie else {}
    body = None
    if form is not None:
        body = urlencode(form)
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer, text


def signed_in(server: Server) -> str:
    answer, text = ask(server, "GET", "/sign-in")
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    found = TOKEN.search(text)
    assert found
    form = {"name": "Nena", "password": PASSWORD, "csrf_token": found[1]}
    answer, _ = ask(server, "POST", "/sign-in", cookie, form)
    assert answer.status == 302
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]


def open_stream(server: Server, cookie: str, until: ExitStack) -> socket.socket:
    stream = until.enter_context(
        socket.create_connection(("127.0.0.1", server.port), timeout=CEILING_S)
    )
    stream.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    return stream


def read_until(stream: socket.socket, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        received = stream.recv(65536)
        assert received, data
        data += received
    return data


def test_as_many_streams_as_allowed_are_open_and_the_page_still_answers(
    server: Server, shop: Shop
) -> None:
    cookie = signed_in(server)
    with ExitStack() as until:
        streams = [open_stream(server, cookie, until) for _ in range(MOST_STREAMS)]
        for stream in streams:
            assert b"200 OK" in read_until(stream, b"event: live")
        for path in ("/", "/calls", "/messages", "/recordings/m-1.wav"):
            answer, _ = ask(server, "GET", path, cookie)
            assert answer.status == 200
        answer, _ = ask(server, "GET", "/events", cookie)
        assert answer.status == 503
        shop.publish(problems=["the roof leaks"])
        for stream in streams:
            read_until(stream, b"The roof leaks.")


def test_open_streams_do_not_delay_its_end_and_sessions_outlive_it(
    server: Server, shop: Shop
) -> None:
    cookie = signed_in(server)
    with ExitStack() as until:
        for _ in range(5):
            read_until(open_stream(server, cookie, until), b"event: live")
        assert server.stop() == 0
    server.start()
    assert ask(server, "GET", "/", cookie)[0].status == 200
    assert (shop.folder / "web.log").read_text() == ""


def test_a_page_process_that_is_killed_hurts_nobody(server: Server, shop: Shop) -> None:
    cookie = signed_in(server)
    with ExitStack() as until:
        read_until(open_stream(server, cookie, until), b"event: live")
        server.stop(kill=True)
    shop.publish(problems=["still here"])  # the daemon goes on
    server.start()
    assert "Still here." in ask(server, "GET", "/", cookie)[1]


def test_a_taken_port_is_one_line_that_says_what_to_do(server: Server) -> None:
    command = [sys.executable, "-m", "web_admin.server", "--state", str(server.state)]
    command += ["--listen", "127.0.0.1", "--port", str(server.port)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "--port" in ended.stderr


def test_garbage_on_the_port_is_survived(server: Server) -> None:
    for garbage in (b"\x00" * 4000 + b"\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 50):
        with socket.create_connection(("127.0.0.1", server.port), timeout=CEILING_S) as stream:
            stream.sendall(garbage)
            stream.shutdown(socket.SHUT_WR)
            while stream.recv(65536):
                pass
    assert ask(server, "GET", "/sign-in")[0].status == 200
