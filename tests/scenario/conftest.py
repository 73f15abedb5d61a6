from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """\
format: 1
name: small
description: Two nations and one strait
start: 2026-03-02T00:00:00Z
warmup_h: 2
duration_h: 12
drain_h: 4
seed: {first: 1, count: 2}
area: {kind: box, lat_min_deg: 13, lat_max_deg: 16, lon_min_deg: 118, lon_max_deg: 121}
nations:
  PHL: {name: Philippines, kind: nation, picture_node: phl_ncwc}
  JPN: {name: Japan, kind: nation, picture_node: jpn_mod}
world:
  buffer_km: 100
  probes: {spacing_deg: 0.5, length_m: 50}
  traffic:
    general:
      kind: merchant
      routes:
        north: {origin: manila, destination: kaohsiung, per_day: 4}
      length_m: {low: 90, high: 200}
      speed_kn: {low: 10, high: 14}
      lane_width_km: 12
      flags: {PAN: 0.6, NOR: 0.4}
      ais: {carriage: 1.0, transponder: class_a, off_fraction: 0.02}
sensors:
  radar_1:
    kind: coastal_radar
    operator: PHL
    type: coastal_x_12ft
    lat_deg: 14.5
    lon_deg: 120.2
    antenna_height_m: 120
    max_range_km: 80
    confidence: low
  ais_1:
    kind: ais_receiver
    operator: PHL
    type: ais_shore_station
    lat_deg: 14.6
    lon_deg: 120.1
    antenna_height_m: 60
sharing:
  nodes:
    phl_ncwc: {nation: PHL, site: ncwc_manila, highest_level: SECRET}
    jpn_mod: {nation: JPN, lat_deg: 35.7, lon_deg: 139.7, highest_level: SECRET}
  labels:
    phl_radar: {classification: RESTRICTED}
    ais: {classification: UNCLASSIFIED}
  feeds:
    radar_1: {node: phl_ncwc, label: phl_radar, delay_min: 1}
    ais_1: {node: phl_ncwc, label: ais}
  desks:
    phl_desk:
      servers: 2
      touch: {kind: lognormal, median_min: 12, p95_min: 40}
      calendar: {kind: working_hours, time_zone: Asia/Manila, open_h: 8, close_h: 17}
      expiry_h: 72
configurations:
  today: {}
  direct:
    agreements:
      jpn_phl:
        parties: [JPN, PHL]
        signed: 2025-01-01T00:00:00Z
        in_force_from: 2025-06-01T00:00:00Z
        ceiling: SECRET
        categories: [radar, ais]
    links:
      phl_jpn: {sender: phl_ncwc, recipient: jpn_mod, desk: phl_desk, accreditation: SECRET, delay_s: 0.3}
baseline: today
metrics:
  custody_age_h: [1, 6]
  zones:
    shoal: {name: A shoal, region: {kind: circle, lat_deg: 15.1, lon_deg: 119.8, radius_km: 60}}
  primary:
    - {metric: custody_fraction_6h, group: "class:general", zone: shoal}
output: {maps: true}
"""


@pytest.fixture(scope="session")
def small() -> str:
    """A scenario of a few lines that loads without a problem or warning."""
    return SMALL


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a text to a file of a fresh folder and return its path."""

    def write(text: str, name: str = "scenario.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write
