"""An emulated cellular modem's lead and lost RINGs, as the soak draws them."""

from collections.abc import Iterator

import pytest

from appliance.simulator.cellular.faults import CellularFaults
from tests.unit.mobile_bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench("sim7600")
    yield made
    made.close()


def test_fed_again_without_its_lead_it_has_no_port(bench: Bench) -> None:
    bench.line.unplug()
    bench.line.set_supply(True)
    bench.run(30.0)
    assert not bench.line.plugged_in
    bench.line.plug_in()
    assert bench.line.plugged_in


def test_a_lost_ring_takes_its_caller_id_along(bench: Bench) -> None:
    bench.ask("AT+CLIP=1")
    bench.line.misbehave(CellularFaults(lost_ring=1.0))
    bench.ring()
    assert "RING" not in bench.run(8.0).decode()
    bench.line.misbehave(CellularFaults())
    assert "RING" in bench.run(8.0).decode()
    assert bench.line.calls.rings_told >= 1
