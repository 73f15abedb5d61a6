"""The auditor and the engine agree about products that come by two ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from mda_sim.audit import audit
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, US_PER_S, Timeline
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, SensorCard
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec

NOON = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 12 * US_PER_H, US_PER_H)


def one_report() -> DetectionLog:
    """PHL's radar holds one vessel, and says so at 10 s."""
    report = {
        "report": [0],
        "sensor": [0],
        "interval": [0],
        "t_observed_us": [0],
        "t_ready_us": [10 * US_PER_S],
    }
    counts = {"first": [0], "count": [1], "n_vessels": [1], "n_false": [0]}
    reports = Table.of(
        REPORTS, {k: np.array(v) for k, v in (report | counts).items()}, {"sensors": ["radar"]}
    )
    contacts = Table.of(CONTACTS, {"target": np.array([0]), "dt_us": np.array([0]), "merged": np.array([1])})
    return DetectionLog(reports, contacts, (SensorCard("radar", "radar", "PHL", 100.0, 36.0),), 10, 20)


def test_a_copy_whose_product_came_before_is_sanitised_once() -> None:
    """USA has the report and a product of it; its link to JPN makes the same product of both, 900 s later."""

    def link(sender: str, recipient: str, **more: Any) -> dict[str, Any]:
        return {
            "sender": sender,
            "recipient": recipient,
            "accreditation": "SECRET",
            "case_window_s": 60.0,
            **more,
        }

    clean = {"coarsen_m": 1000.0, "delay_s": 900.0, "delegated_by": ["PHL"]}
    deal = {
        "in_force_from": "2020-01-01T00:00:00Z",
        "ceiling": "SECRET",
        "categories": ["radar"],
        "onward": "free",
    }
    sharing = SharingSpec.model_validate(
        {
            "nodes": {n: {"nation": n.upper(), "highest_level": "SECRET"} for n in ("jpn", "phl", "usa")},
            "labels": {
                "own": {"classification": "RESTRICTED"},
                "sea": {"classification": "RESTRICTED", "originators": ["USA"]},
            },
            "feeds": {"radar": {"node": "phl", "label": "own"}},
            "agreements": {"all": {"parties": ["JPN", "PHL", "USA"], **deal}},
            "links": {
                "a_plain": link("phl", "usa", delay_s=300.0),
                "b_product": link("phl", "usa", fused_with=["sea"]),
                "c_onward": link("usa", "jpn", fused_with=["sea"], sanitise=clean),
            },
        }
    )
    nations = {n.upper(): NationSpec(name=n, picture_node=n) for n in ("jpn", "phl", "usa")}
    log = one_report()
    deliveries = share(log, sharing, nations, NOON, 1)
    hops = deliveries.hops.take(deliveries.hops["link"] == 2)
    assert (hops["t_arrived_us"] / US_PER_S).tolist() == [60, 360]
    assert (hops["t_case_us"] / US_PER_S).tolist() == [1020, 1320]
    plain = {name: nation.model_dump(mode="json") for name, nation in nations.items()}
    assert audit(log, deliveries, sharing.model_dump(mode="json"), plain, NOON, 1) == ()
