"""Log lines reach stderr by their own thread, and a full queue drops lines instead of blocking."""

import logging

import pytest

from appliance.logs import WAITING_LIMIT, log_to_stderr


def test_lines_at_the_level_reach_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to_stderr("info"):
        logging.getLogger("lines").info("ready")
        logging.getLogger("lines").debug("too much detail")
    assert capsys.readouterr().err == "INFO lines: ready\n"


def test_a_flood_of_lines_returns_to_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    with log_to_stderr("warning"):
        for number in range(WAITING_LIMIT + 100):
            logging.getLogger("flood").warning("%d", number)
    assert capsys.readouterr().err.startswith("WARNING flood: 0\n")
