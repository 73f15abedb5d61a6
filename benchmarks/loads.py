"""Scenario files of the reference load at any size, made through nothing but the format of scenarios.

    python benchmarks/loads.py FOLDER [--vessels 10000] [--days 7] [--configurations 6] ...

The reference load W7: the box 105-130 E, 0-30 N as open sea; 10,000 vessels at a time on great-circle legs;
40 coastal radars (60 s, 50 to 100 nautical miles), 30 AIS receivers (180 s) and 8 radar satellites, those of
``sensing.py`` and ``moving.py``, divided among three nations that have a centre each. Vessels are merchant
ships on routes of six random stops each, so that one is at sea for two weeks or so and the number at sea is
stationary (rate times time, Little's law); lanes go round the shoals of the catalogue.
Sensing lasts ``days``, of which the first seventh is warm-up.

Arrangements: ``today`` (nobody shares); AIS alone by an open channel; radar and images by desks; the same by
a guard; one nation as hub, with consent on request; the same with standing consent. From the seventh on,
arrangements repeat those five with other review times, delays and willingness, spread evenly (a golden-ratio
sequence). The numbers are round: this is a load, not a model of anyone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sensing import radars, receivers

from mda_sim.data import catalogue
from mda_sim.geo.sphere import distance_m

NATIONS = ("AAA", "BBB", "CCC")
N_ROUTES, N_STOPS, OFF_SHOALS_DEG = 20, 6, 0.3
LOW_MPS, HIGH_MPS = 4.0, 8.0
SOURCE = {"source": "a load for measuring", "confidence": "assumption"}
SHARED = ("ais_only", "by_desk", "by_guard", "hub_asked", "hub_standing")
"""Arrangements in which something is shared."""
GOLDEN = 0.6180339887498949

Tree = dict[str, Any]


@dataclass(frozen=True)
class Load:
    """Sizes of a load."""

    vessels: int = 10_000
    """At sea at a time."""
    days: float = 7.0
    """Length of sensing, warm-up included."""
    radars: int = 40
    receivers: int = 30
    satellites: int = 8
    configurations: int = 6
    """``today`` included."""
    seeds: int = 1
    logs: bool = False
    """Whether the run keeps its logs."""

    @property
    def vessel_days(self) -> float:
        return self.vessels * self.days

    @property
    def name(self) -> str:
        """In words, for a line of the results."""
        return (
            f"{self.vessels:,} vessels, {self.days:g} days, {self.configurations} arrangements, "
            f"{self.seeds} seed{'s' if self.seeds > 1 else ''}"
        )


def write(load: Load, folder: Path) -> Path:
    """The scenario file of a load, with the coast that it names, in a folder."""
    coast = folder / "open_sea.npz"
    if not coast.exists():
        _write_coast(coast)
    path = folder / "load.yaml"
    # JSON is YAML without anchors.
    path.write_text(json.dumps(scenario(load), indent=1))
    return path


def scenario(load: Load) -> Tree:
    """The scenario of a load as a tree."""
    names = {name: NATIONS[k % 3] for k, name in enumerate(_sensors(load))}
    return {
        "format": 1,
        "name": "reference_load",
        "description": "The reference load of the benchmarks; a load, not a model of anyone.",
        "start": "2026-03-02T00:00:00Z",
        "warmup_d": load.days / 7.0,
        "duration_d": load.days * 6.0 / 7.0,
        "drain_d": 1,
        "seed": {"first": 1, "count": load.seeds},
        "area": {"kind": "box", "lat_min_deg": 0, "lat_max_deg": 30, "lon_min_deg": 105, "lon_max_deg": 130},
        "nations": {
            code: {"name": f"Nation {code[0]}", "picture_node": f"{code.lower()}_centre"} for code in NATIONS
        },
        "world": _world(load.vessels),
        "sensors": {name: {**spec, "operator": names[name]} for name, spec in _sensors(load).items()},
        "sharing": _sharing(names),
        "configurations": arrangements(load.configurations, names),
        "baseline": "today",
        "metrics": {"primary": [{"metric": "custody_fraction_6h", "group": "all"}]},
        "output": {"maps": False, "logs": load.logs},
    }


def _world(n_vessels: int) -> Tree:
    """Open sea, with merchant ships on routes of random stops."""
    rng = np.random.default_rng(1)
    lat, lon = _stops(rng, N_ROUTES * N_STOPS).reshape(2, N_ROUTES, N_STOPS)
    metres = distance_m(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:]).sum(axis=1)
    # Mean of the inverse of a speed that is uniform between two.
    slowness = np.log(HIGH_MPS / LOW_MPS) / (HIGH_MPS - LOW_MPS)
    per_day = n_vessels / N_ROUTES / (metres * slowness / 86_400.0)
    ports, routes = {}, {}
    for k in range(N_ROUTES):
        stops = [f"stop_{k}_{n}" for n in range(N_STOPS)]
        for n, stop in enumerate(stops):
            place = {"lat_deg": round(float(lat[k, n]), 4), "lon_deg": round(float(lon[k, n]), 4)}
            ports[stop] = {"name": stop, **place, **SOURCE}
        routes[f"route_{k}"] = {
            "origin": stops[0],
            "via": stops[1:-1],
            "destination": stops[-1],
            "per_day": float(per_day[k]),
        }
    ship = {
        "kind": "merchant",
        "routes": routes,
        "length_m": {"low": 15, "high": 250},
        "speed_mps": {"low": LOW_MPS, "high": HIGH_MPS},
        "lane_width_km": 40,
        "flags": {"PAN": 0.5, "LBR": 0.5},
        "ais": {"carriage": 0.8, "transponder": "class_a", "off_fraction": 0.1},
        **SOURCE,
    }
    coast = {"file": "open_sea.npz", **SOURCE}
    return {"buffer_km": 0, "coast": coast, "ports": ports, "traffic": {"ship": ship}}


def _stops(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Random places off the shoals of the catalogue, (2, n): latitudes, longitudes [deg]."""
    shoals = [
        shapely.Polygon([(lon, lat) for lat, lon in one.corners]) for one in catalogue.shoals().values()
    ]
    barred = shapely.union_all(shoals).buffer(OFF_SHOALS_DEG)
    lat, lon = rng.uniform(0.5, 29.5, 2 * n), rng.uniform(105.5, 129.5, 2 * n)
    clear = np.flatnonzero(~shapely.contains_xy(barred, lon, lat))[:n]
    return np.stack([lat[clear], lon[clear]])


def _sensors(load: Load) -> Tree:
    """The sensors of the load by id; more than ``sensing.py`` has repeat its own half a degree aside."""
    made: Tree = {}
    for some, n in ((radars(), load.radars), (receivers(), load.receivers)):
        specs = list(some.items())
        for k in range(n):
            name, spec = specs[k % len(specs)]
            turn = k // len(specs)
            tree = spec.model_dump(mode="json", exclude_defaults=True, exclude={"operator"})
            tree["lat_deg"] += 0.5 * turn
            made[f"{name}_{turn}" if turn else name] = {"kind": spec.kind, **tree}
    if load.satellites:
        changes = {"n_satellites": load.satellites, "duty": 1.0}
        made["sar"] = {"kind": "sar_satellite", "type": "sar_sentinel_1", **changes}
    return made


def _sharing(operators: dict[str, str]) -> Tree:
    """Centres, labels and feeds; all that arrangements have in common."""
    labels: Tree = {"open": {"classification": "UNCLASSIFIED", **SOURCE}}
    for code in NATIONS:
        others = [other for other in NATIONS if other != code]
        labels[f"of_{code.lower()}"] = {"classification": "SECRET", "rel_to": others, **SOURCE}
        # Released to the hub alone, or by the hub to itself: the third needs consent.
        first = [NATIONS[0]] if code != NATIONS[0] else others
        labels[f"hub_{code.lower()}"] = {"classification": "SECRET", "rel_to": first, **SOURCE}
    return {
        "nodes": {
            f"{code.lower()}_centre": {"nation": code, "highest_level": "SECRET", **SOURCE}
            for code in NATIONS
        },
        "labels": labels,
        "feeds": {
            name: {
                "node": f"{code.lower()}_centre",
                "label": "open" if name.startswith("ais") else f"of_{code.lower()}",
                "delay_min": 1,
                **SOURCE,
            }
            for name, code in operators.items()
        },
    }


def arrangements(n: int, operators: dict[str, str]) -> Tree:
    """``n`` arrangements, ``today`` first, then the five that share, then these with other numbers."""
    made: Tree = {"today": {}}
    for k in range(n - 1):
        kind, turn = SHARED[k % len(SHARED)], k // len(SHARED)
        made[kind if turn == 0 else f"{kind}_{turn}"] = _arrangement(
            kind, _spread(k) if turn else 0.5, operators
        )
    return made


def _spread(k: int) -> float:
    """Number ``k`` of a sequence that fills [0, 1] evenly."""
    return (0.5 + k * GOLDEN) % 1.0


def _arrangement(kind: str, share: float, operators: dict[str, str]) -> Tree:
    """One arrangement; ``share`` in [0, 1] moves its review time, delay and willingness."""
    review_s, delay_s = 60.0 * 4.0**share, 1.0 + 120.0 * share
    willing = round(0.6 + 0.4 * share, 4)
    hub = kind.startswith("hub")
    pairs = [
        (one, other)
        for one in NATIONS
        for other in NATIONS
        if one != other and (not hub or NATIONS[0] in (one, other))
    ]
    tree: Tree = {"agreements": _agreements(kind), "links": {}}
    if kind != "ais_only":
        tree["desks"] = {f"{code.lower()}_desk": _desk(kind, review_s) for code in NATIONS}
    for one, other in pairs:
        link: Tree = {
            "sender": f"{one.lower()}_centre",
            "recipient": f"{other.lower()}_centre",
            "accreditation": "SECRET",
            "case_window_min": 5 if kind in ("ais_only", "by_guard") else 60,
            "delay_s": delay_s,
            "bandwidth_bps": 1_000_000,
            "willingness": willing,
            **SOURCE,
        }
        if kind == "ais_only":
            link["categories"] = ["ais"]
        else:
            link["desk"] = f"{one.lower()}_desk"
        tree["links"][f"{one.lower()}_{other.lower()}"] = link
    if hub:
        tree["consents"] = _consents(kind, review_s)
        tree["feeds"] = {
            name: {"label": f"hub_{code.lower()}"}
            for name, code in operators.items()
            if not name.startswith("ais")
        }
    return tree


def _agreements(kind: str) -> Tree:
    terms = {
        "in_force_from": "2020-01-01T00:00:00Z",
        "ceiling": "UNCLASSIFIED" if kind == "ais_only" else "SECRET",
        "categories": ["ais"] if kind == "ais_only" else ["ais", "radar", "sar"],
        "onward": "with_consent",
        **SOURCE,
    }
    return {"all": {"parties": list(NATIONS), **terms}}


def _desk(kind: str, review_s: float) -> Tree:
    if kind == "by_guard":
        return {"servers": 1, "touch": {"kind": "constant", "value_s": 2.0}, **SOURCE}
    touch = {"kind": "lognormal", "median_s": review_s, "p95_s": 4.0 * review_s}
    calendar = {
        "kind": "working_hours",
        "time_zone": "Asia/Manila",
        "open_h": 6,
        "close_h": 22,
        "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"],
    }
    return {"servers": 4, "touch": touch, "calendar": calendar, **SOURCE}


def _consents(kind: str, review_s: float) -> Tree:
    """Of the two nations beside the hub, each to the other."""
    made: Tree = {}
    for one, other in (NATIONS[1:], NATIONS[:0:-1]):
        terms: Tree = {"originator": one, "sender": NATIONS[0], "recipient": other, **SOURCE}
        if kind == "hub_standing":
            terms |= {"kind": "standing", "from_utc": "2026-01-01T00:00:00Z"}
        else:
            answer = {"kind": "lognormal", "median_s": 60.0 * review_s, "p95_s": 240.0 * review_s}
            terms |= {"kind": "on_request", "probability": 0.8, "answer": answer}
            terms |= {"desk": f"{one.lower()}_desk", "categories": ["radar", "sar"]}
        made[f"{one.lower()}_to_{other.lower()}"] = terms
    return made


def _write_coast(path: Path) -> None:
    """A coast file of open sea, but for one islet outside the area."""
    ring = [[100.2, -4.8], [100.4, -4.8], [100.4, -4.6], [100.2, -4.8]]
    islet = {
        "type": "Feature",
        "properties": {"name": "islet"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    source = path.with_suffix(".json")
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [islet]}))
    command = [sys.executable, "-m", "mda_sim.data.coast.regenerate", str(source), "--out", str(path)]
    subprocess.run([*command, "--bounds", "100", "-5", "135", "35"], check=True, capture_output=True)
    source.unlink()


def main() -> None:
    """Write a load and print where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for name, default in Load.__dataclass_fields__.items():
        if name != "logs":
            kind = float if name == "days" else int
            parser.add_argument(f"--{name}", type=kind, default=default.default)
    options = vars(parser.parse_args())
    folder = options.pop("folder")
    folder.mkdir(parents=True, exist_ok=True)
    print(write(Load(**options), folder))


if __name__ == "__main__":
    main()
