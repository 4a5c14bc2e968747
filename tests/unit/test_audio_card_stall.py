"""The real loop and the real recorder, and a card that takes nothing for eight seconds."""

from pathlib import Path

from appliance.audio.recorder import Recorder
from appliance.audio.recording_file import find_recording
from appliance.loop import VirtualClock
from tests.unit.audio_rig import Bench
from tests.unit.test_audio_recorder import HeldWorker

WAV_HEADER = 58
CYCLE = bytes(code for code in range(120) if code != 0x10)


def test_a_card_that_stalls_for_eight_seconds_loses_nothing(tmp_path: Path) -> None:
    bench, worker, said = Bench(), HeldWorker(), []
    try:
        clock = VirtualClock()
        recorder = Recorder(bench.engine, tmp_path, worker, clock, lambda call: call())
        port, _, far = bench.line()
        far.say((CYCLE * 1000)[: 8000 * 12])
        recorder.start(
            "r",
            "call",
            port,
            "message",
            0.0,
            on_started=lambda: said.append("started"),
            on_failed=said.append,
            on_speech_ended=lambda: None,
        )
        bench.run(0.5)
        worker.go_on()
        for _ in range(32):  # eight seconds in which the writer hangs
            bench.run(0.25)
            clock.advance(0.25)
            recorder.poll()
        assert recorder.health["lost_frames"] == 0
        worker.go_on()
        bench.run(1.0)
        recorder.stop("r", lambda ms: said.append(str(ms)))
        bench.run(0.1)
        worker.go_on()
    finally:
        bench.close()
    path = find_recording(tmp_path, "r")
    assert path is not None
    heard = path.read_bytes()[WAV_HEADER:].strip(b"\xff")
    first = CYCLE.index(heard[0])
    expected = (CYCLE * 1000)[first : first + len(heard)]
    assert said[0] == "started"
    assert len(heard) > 8000 * 9
    assert heard == expected
