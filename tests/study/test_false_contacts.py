"""False contacts from sensing to scores: they have weight on links, and no vessel gains or loses by them.

The tiny scenario with links that have no capacity to share: cases close on the minute, no desk, no bandwidth.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mda_sim.core.table import read_parquet
from mda_sim.pipeline import Replicate, run_seed
from mda_sim.records import HEADER_BYTES, NO_TARGET, PRODUCTS, Outcome, weight_of
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.sensing.products import products
from mda_sim.sharing.exchange.intake import Intake, Topology
from mda_sim.study.run import run

TINY = Path(__file__).parent / "tiny.yaml"
LINK = "configurations.direct.links.{}.{}"
UNLIMITED = [
    "output.maps=false",
    LINK.format("phl_jpn", "desk=null"),
    *(LINK.format(link, "bandwidth_bps=null") for link in ("phl_jpn", "jpn_phl")),
    LINK.format("jpn_phl", "filter.length_min_m=30"),
]
RATES = [f"sensors.{sensor}.false_contacts_per_hour=5" for sensor in ("radar_luzon", "radar_shoal")]
CONFIGURATION = "direct"


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario(TINY, sets=[*UNLIMITED, *RATES])


@pytest.fixture(scope="module")
def plain() -> Replicate:
    return run_seed(load_scenario(TINY, sets=UNLIMITED), 1)


@pytest.fixture(scope="module")
def false(scenario: Scenario) -> Replicate:
    """With false contacts; ``run_seed`` audits, and stops at any difference."""
    return run_seed(scenario, 1)


def test_no_score_of_any_vessel_changes_where_nothing_is_short(plain: Replicate, false: Replicate) -> None:
    about = ("custody", "findable", "age", "awareness", "area")
    for name in plain.arranged:
        before, after = (
            [row for row in each.arranged[name].scores.rows if row.metric.startswith(about)]
            for each in (plain, false)
        )
        assert len(before) > 100
        assert [repr(row) for row in after] == [repr(row) for row in before]


def test_a_link_carries_the_bytes_of_false_contacts_too(scenario: Scenario, false: Replicate) -> None:
    parts = false.arranged[CONFIGURATION].deliveries.parts
    of_false = false.log.contacts["target"] == NO_TARGET
    assert parts["n_false"].sum() == of_false.sum() > 100
    sharing = scenario.arrangements[CONFIGURATION]
    intake = Intake.of(false.log, parts, sharing, Topology.of(sharing))
    bytes_of = {card.id: card.contact_bytes for card in false.log.sensors}
    names = false.log.reports.meta["sensors"]
    alone = np.flatnonzero((parts["n_vessels"] == 0) & (parts["n_false"] > 0))
    assert len(alone) > 20
    for part in alone:
        sensor = names[false.log.reports["sensor"][parts["report"][part]]]
        sent = intake.n_bytes[intake.part == part]
        assert sent.tolist() == [HEADER_BYTES + bytes_of[sensor] * parts["n_false"][part]]
    assert (weight_of(parts) == parts["n_vessels"].astype(int) + parts["n_false"]).all()


def test_a_false_contact_has_no_length_that_would_pass_a_filter(false: Replicate) -> None:
    deliveries = false.arranged[CONFIGURATION].deliveries
    hops, parts = deliveries.hops, deliveries.parts
    link = list(hops.meta["links"]).index("jpn_phl")
    offered = hops["part"][hops["link"] == link]
    only_false = (parts["n_false"][offered] > 0) & (parts["n_vessels"][offered] == 0)
    outcome = hops["outcome"][hops["link"] == link]
    assert only_false.sum() > 20
    assert (outcome[only_false] == Outcome.NOT_SENT).all()
    assert (parts["n_false"][offered[outcome == Outcome.DELIVERED]] == 0).all()


def test_every_contact_false_ones_included_belongs_to_one_part(false: Replicate) -> None:
    deliveries = false.arranged[CONFIGURATION].deliveries
    counted = np.bincount(deliveries.contact_part, minlength=len(deliveries.parts))
    assert (counted == deliveries.parts["count"]).all()
    assert deliveries.parts["count"].sum() == len(false.log.contacts)


def test_products_are_stored_on_request_and_are_those_of_the_log(
    scenario: Scenario, false: Replicate, tmp_path: Path
) -> None:
    asked = load_scenario(TINY, sets=[*UNLIMITED, *RATES, "output.products=true", "seed.count=1"])
    study = run(asked, out=tmp_path / "out", workers=1)
    stored = read_parquet(PRODUCTS, study.folder / "seeds" / "1" / "sensing" / "products.parquet")
    made = products(false.log, false.fleet, scenario.spec.sensors, 1)
    assert stored.digest() == made.digest()
    assert len(stored) == len(false.log.contacts)
