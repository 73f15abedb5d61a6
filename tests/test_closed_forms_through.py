"""What must come out of the whole program, by elementary geometry and probability.

Small scenarios go through sensing, exchange, audit and scores; only the vessels are placed by hand, so that
the truth can be written down. Radars here hold everything within their range and nothing beyond: their
antennas are high, their power absurd, and one scan is enough.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from mda_sim import pipeline
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m
from mda_sim.scenario import Scenario, load_scenario
from mda_sim.world.fleet import Fleet
from tests.metrics.conftest import make_fleet

WARM_H, HOURS = 2.0, 24.0
END_S = (WARM_H + HOURS) * 3600
SOUTH, NORTH, WEST, EAST = 14.0, 18.0, 127.0, 131.0
DEG_M = math.radians(1.0) * EARTH_RADIUS_M
RADAR = {
    "kind": "coastal_radar",
    "antenna_height_m": 8000.0,
    "power_w": 1e8,
    "antenna_gain_dbi": 40.0,
    "frequency_hz": 9.4e9,
    "pulse_width_s": 1e-6,
    "noise_figure_db": 3.0,
    "losses": {"other_db": 0.0},
    "azimuth_beamwidth_deg": 1.0,
    "elevation_beamwidth_deg": 60.0,
    "rotation_period_s": 6.0,
    "prf_hz": 1000.0,
    "min_scans": 1,
    "fluctuation_sigma_db": 0.0,
    "product_delay_s": 0.0,
    "interval_s": 6.0,
}
AIS = {
    "kind": "ais_receiver",
    "type": "ais_shore_station",
    "antenna_height_m": 8000.0,
    "product_delay_s": 0.0,
}


def radar(operator: str, lat_deg: float, lon_deg: float, range_km: float, **changes: Any) -> dict[str, Any]:
    place = {"operator": operator, "lat_deg": lat_deg, "lon_deg": lon_deg, "max_range_km": range_km}
    return RADAR | place | changes


def written(tmp_path: Any, sensors: dict[str, Any], links: dict[str, Any], **metrics: Any) -> Scenario:
    """A scenario of two nations that hold their own sensors and may share everything."""
    labels = {"open": {"classification": "UNCLASSIFIED"}}
    content = {
        "format": 1,
        "name": "forms",
        "description": "A closed form.",
        "start": "2026-03-02T00:00:00Z",
        "warmup_h": WARM_H,
        "duration_h": HOURS,
        "drain_h": 1,
        "seed": {"first": 1, "count": 1},
        "area": {
            "kind": "box",
            "lat_min_deg": SOUTH,
            "lat_max_deg": NORTH,
            "lon_min_deg": WEST,
            "lon_max_deg": EAST,
        },
        "nations": {n: {"name": n, "picture_node": n.lower()} for n in ("AAA", "BBB")},
        "world": {"buffer_km": 1, "probes": {"spacing_deg": 2}, "traffic": {}},
        "sensors": sensors,
        "sharing": {
            "nodes": {n.lower(): {"nation": n, "highest_level": "SECRET"} for n in ("AAA", "BBB")},
            "labels": labels,
            "feeds": {
                name: {"node": spec["operator"].lower(), "label": "open"} for name, spec in sensors.items()
            },
        },
        "configurations": {
            "alone": {},
            "linked": {
                "agreements": {
                    "deal": {
                        "parties": ["AAA", "BBB"],
                        "signed": "2020-01-01T00:00:00Z",
                        "in_force_from": "2020-01-01T00:00:00Z",
                        "ceiling": "UNCLASSIFIED",
                        "categories": ["ais", "radar"],
                    }
                },
                "links": links,
            },
        },
        "baseline": "alone",
        "metrics": metrics,
    }
    file = tmp_path / "forms.yaml"
    file.write_text(json.dumps(content), encoding="utf-8")
    return load_scenario(file)


def link(sender: str, recipient: str, **changes: Any) -> dict[str, Any]:
    return {"sender": sender, "recipient": recipient, "case_window_s": 1.0, "delay_s": 0.0} | changes


def figures(scenario: Scenario, fleet: Fleet) -> dict[tuple[str, str, str, str], float]:
    """Value by configuration, nation, metric and group."""
    log = pipeline.sense(scenario, fleet, 1)
    frame = pipeline.build_frame(scenario, fleet, log)
    found = {}
    for name in scenario.arrangements:
        deliveries = pipeline.share(scenario, fleet, log, name, 1)
        pipeline.audit(scenario, fleet, log, deliveries, name, 1)
        for row in pipeline.score(scenario, frame, deliveries, name, 1).rows:
            found[name, row.nation, row.metric, row.group] = row.value
    return found


def at_rest(lat_deg: float, lon_deg: float) -> list[tuple[float, float, float]]:
    return [(0.0, lat_deg, lon_deg), (END_S, lat_deg, lon_deg)]


def fleet_of(rows: Any, classes: Any = None, broadcasting: Any = None) -> Fleet:
    """Vessels of these waypoints (time [s], latitude, longitude), silent unless said otherwise."""
    n = len(rows)
    names = classes if classes is not None else ["cargo"] * n
    sends = broadcasting if broadcasting is not None else [False] * n
    vessels = [(name, "XXX", bool(b), row) for name, b, row in zip(names, sends, rows, strict=True)]
    return make_fleet(vessels, until_s=END_S)


def test_a_perfect_radar_and_a_link_of_five_minutes(tmp_path):
    """A look every 6 s: 3 s old in the mean at home, 303 s at the other end, and the forming of cases."""
    scenario = written(
        tmp_path,
        {"a_radar": radar("AAA", 16.0, 129.0, 60.0)},
        {"a_b": link("aaa", "bbb", delay_s=300.0)},
    )
    found = figures(scenario, fleet_of([at_rest(16.2, 129.1)]))
    assert found["linked", "AAA", "age_mean_s", "all"] == pytest.approx(3.0, abs=1e-3)
    forming_s = found["linked", "BBB", "stage_case_forming_mean_s", "all"]
    assert 0.0 <= forming_s <= 1.0  # until the window of a case closes: here at most a second
    assert found["linked", "BBB", "latency_mean_s", "all"] == pytest.approx(300.0 + forming_s, abs=1e-6)
    assert found["linked", "BBB", "age_mean_s", "all"] == pytest.approx(303.0 + forming_s, abs=1e-3)
    assert found["alone", "BBB", "age_never_fraction", "all"] == 1.0
    assert found["alone", "BBB", "custody_fraction_24h", "all"] == 0.0


def test_a_crossing_of_a_disc_through_its_centre_and_a_vessel_that_is_never_seen(tmp_path):
    """160 km at 12 kn are 7.199 h; the last look is good for a minute more."""
    speed_mps, radius_m = 12 * 1852 / 3600, 80e3
    scenario = written(
        tmp_path, {"a_radar": radar("AAA", 16.0, 129.0, radius_m / 1e3)}, {}, custody_age_s=[60.0, 3600.0]
    )
    away_deg = speed_mps * END_S / 2 / DEG_M
    assert away_deg < 3.0
    across = [(0.0, 16.0 - away_deg, 129.0), (END_S, 16.0 + away_deg, 129.0)]  # along a meridian, so straight
    found = figures(scenario, fleet_of([across, at_rest(14.5, 127.5)], ("seen", "unseen")))
    crossing_h = 2 * radius_m / speed_mps / 3600
    assert crossing_h == pytest.approx(7.199, abs=5e-4)
    two_looks_h = 2 * 6.0 / 3600
    for label, age_h in (("1min", 1 / 60), ("1h", 1.0)):
        held_h = found["alone", "AAA", f"custody_held_h_{label}", "class:seen"]
        assert held_h == pytest.approx(crossing_h + age_h, abs=two_looks_h)
        assert found["alone", "AAA", f"custody_held_h_{label}", "class:unseen"] == 0.0
    assert found["alone", "AAA", "age_never_fraction", "class:unseen"] == 1.0
    assert math.isinf(found["alone", "AAA", "age_p50_s", "class:unseen"])


@pytest.mark.parametrize("apart_deg", [2.0, 0.8])
def test_the_discs_of_two_nations(tmp_path, apart_deg):
    """Apart, each holds its own share and the link brings the sum; an overlap counts once."""
    range_km, here = 75.0, {"AAA": 129.0 - apart_deg / 2, "BBB": 129.0 + apart_deg / 2}
    scenario = written(
        tmp_path,
        {f"{n.lower()}_radar": radar(n, 16.0, lon, range_km) for n, lon in here.items()},
        {"a_b": link("aaa", "bbb"), "b_a": link("bbb", "aaa")},
        custody_age_h=[1.0],
    )
    lat, lon = (
        grid.ravel() for grid in np.meshgrid(np.arange(14.25, 17.9, 0.5), np.arange(127.3, 130.9, 0.5))
    )
    found = figures(scenario, fleet_of([at_rest(y, x) for y, x in zip(lat, lon, strict=True)]))
    inside = {n: distance_m(lat, lon, 16.0, at) < range_km * 1e3 for n, at in here.items()}
    both, either = inside["AAA"] & inside["BBB"], inside["AAA"] | inside["BBB"]
    assert both.any() == (apart_deg < 1.0)
    for nation in here:
        alone = found["alone", nation, "custody_fraction_1h", "all"]
        assert alone == pytest.approx(inside[nation].mean(), abs=1e-9)
        assert found["linked", nation, "custody_fraction_1h", "all"] == pytest.approx(either.mean(), abs=1e-9)
    total = sum(found["alone", nation, "custody_fraction_1h", "all"] for nation in here)
    assert total - both.mean() == pytest.approx(either.mean(), abs=1e-9)


def test_vessels_that_do_not_broadcast_and_a_radar_over_half_of_them(tmp_path):
    """40 % dark, AIS everywhere, radar over half: 0.6, 0.5 and, as who is dark does not matter, 0.8."""
    scenario = written(
        tmp_path,
        {
            "a_ais": AIS | {"operator": "AAA", "lat_deg": 16.0, "lon_deg": 128.5},
            "b_radar": radar("BBB", 16.0, 128.3, 20.0),
        },
        {"a_b": link("aaa", "bbb"), "b_a": link("bbb", "aaa")},
        custody_age_h=[1.0],
    )
    lat = 15.9 + 0.002 * np.arange(100)
    rows = [at_rest(y, 128.3 if k % 2 else 128.7) for k, y in enumerate(lat)]
    is_dark = np.arange(100) // 2 % 5 < 2  # two of five, under the radar and elsewhere
    found = figures(scenario, fleet_of(rows, broadcasting=~is_dark))
    assert found["alone", "AAA", "custody_fraction_1h", "all"] == pytest.approx(0.6, abs=1e-9)
    assert found["alone", "BBB", "custody_fraction_1h", "all"] == pytest.approx(0.5, abs=1e-9)
    for nation in ("AAA", "BBB"):
        assert found["linked", nation, "custody_fraction_1h", "all"] == pytest.approx(0.8, abs=1e-9)
        assert found["linked", nation, "custody_fraction_1h", "not_broadcasting"] == pytest.approx(
            0.5, abs=1e-9
        )
