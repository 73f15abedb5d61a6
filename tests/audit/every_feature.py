"""Everything that an arrangement may state beyond the plain, put into random arrangements.

Each step draws on its own, so that adding one changes no other.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
NATIONS = ("JPN", "PHL", "USA")
WORDS = {"LIHIM": "SECRET", "GOKUHI": "SECRET", "NAIBU": "RESTRICTED", "OFFICIAL": "RESTRICTED"}
LADDER = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET", "TOP_SECRET")
AREAS = tuple(
    {
        "kind": "box",
        "lat_min_deg": south,
        "lat_max_deg": south + 8.0,
        "lon_min_deg": 110.0,
        "lon_max_deg": 120.0,
    }
    for south in (3.0, 9.0)
)


def add_everything(seed: int, arrangement: dict[str, Any]) -> None:
    """Add labels, terms of agreements, habits of desks, troubles of links, and events, each perhaps."""
    for number, step in enumerate((_labels, _agreements, _consents, _desks, _links, _events)):
        step(np.random.default_rng([seed, 10 + number]), arrangement)


def make_relays(seed: int, arrangement: dict[str, Any]) -> None:
    """Open ways on which a copy comes to one nation twice and more, by consents and after sanitising."""
    rng = np.random.default_rng([seed, 20])
    arrangement["nodes"] |= {
        "phl": {"nation": "PHL", "highest_level": "SECRET"},
        "usa": {"nation": "USA", "highest_level": "SECRET"},
        "usa_west": {"nation": "USA", "highest_level": "SECRET"},
    }
    ways = (
        "jpn phl", "jpn usa", "phl usa", "phl usa_west", "usa phl_west", "usa jpn", "jpn usa_west", "phl jpn",
        "phl_west usa_west", "phl_west phl", "usa_west phl", "usa_west jpn", "usa phl", "phl_west jpn",
    )  # fmt: skip
    arrangement["links"] = {
        "_to_".join(way.split()): {
            "sender": way.split()[0],
            "recipient": way.split()[1],
            "case_window_s": float(rng.choice([300.0, 3600.0])),
            "accreditation": "SECRET",
            "delay_s": float(rng.choice([0.3, 4000.0])),
        }
        for way in ways
        if rng.random() < 0.8
    }
    arrangement["agreements"] = {
        id_: {
            "parties": parties,
            "in_force_from": "2020-01-01T00:00:00Z",
            "suspensions": [],
            "ceiling": "SECRET",
            "categories": ["ais", "radar"],
            "onward": str(rng.choice(["with_consent", "with_consent", "free"])),
        }
        for id_, parties in (("all", [*NATIONS, "XCA"]), ("three", list(NATIONS)), ("two", ["JPN", "USA"]))
        if id_ == "all" or rng.random() < 0.5
    }


def add_to_relays(seed: int, arrangement: dict[str, Any]) -> None:
    """What tells copies on such ways apart: words, originators, terms, consents that end, other labels."""
    _labels(np.random.default_rng([seed, 21]), arrangement)
    rng = np.random.default_rng([seed, 22])
    for deal in arrangement["agreements"].values():
        deal["on_suspension"] = str(rng.choice(["keep", "purge"]))
        for party in deal["parties"]:
            if rng.random() < 0.4:
                deal.setdefault("equivalence", {})[party] = _table(rng)
        if rng.random() < 0.3:
            deal["suspensions"] = [_stretch(rng, *_span(rng)) | {"parties": deal["parties"][:1]}]
    _consents(np.random.default_rng([seed, 23]), arrangement)
    for link in arrangement["links"].values():
        link |= {"willingness": 1.0, "outages": [], "desk": None}
        if "sanitise" in link:
            link["sanitise"]["strip_source"] = bool(rng.random() < 0.3)
            sender = arrangement["nodes"][link["sender"]]["nation"]
            link["sanitise"]["delegated_by"] = [nation for nation in NATIONS if nation != sender]
        if rng.random() < 0.15:
            link["fused_with"] = [["sea"], ["closed"]][int(rng.integers(2))]


def _labels(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """National words, further originators, purposes, markings; and what is fused into others."""
    labels = arrangement["labels"]
    labels["sea"] = {"marking": "CONFIDENTIAL//REL TO JPN, PHL, USA", "originators": ["JPN"]}
    labels["air"] = {"classification": "UNCLASSIFIED", "originators": ["PHL"], "purpose": "safety"}
    labels["closed"] = {"marking": "RESTRICTED//ORCON", "originators": ["USA"]}
    for id_ in ("phl", "marked", "jpn", "open"):
        if rng.random() < 0.35:
            labels[id_]["national_word"] = str(rng.choice([*WORDS, "UNHEARD"]))
        if rng.random() < 0.3:
            labels[id_]["originators"] = [str(rng.choice(NATIONS))]
        if rng.random() < 0.3:
            labels[id_]["purpose"] = "safety"


def _agreements(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Notice, suspensions for some, ceilings by recipient, equivalence, purposes, areas, retention."""
    for deal in arrangement["agreements"].values():
        parties = deal["parties"]
        if rng.random() < 0.2:
            deal |= {"notice_given": _moment(rng), "notice_s": float(rng.choice([3600.0, 100_000.5]))}
        while rng.random() < 0.4:
            begin, end = _span(rng)
            some = [str(p) for p in parties if rng.random() < 0.4]
            deal["suspensions"] = [*deal["suspensions"], _stretch(rng, begin, end) | {"parties": some}]
        deal["on_suspension"] = str(rng.choice(["keep", "purge"]))
        if rng.random() < 0.4:
            deal["retention_s"] = float(rng.choice([1800.0, 20_000.0, 90_000.25]))
        if rng.random() < 0.3:
            deal["ceilings"] = {str(rng.choice(parties)): str(rng.choice(LADDER[:4]))}
        for party in parties:
            if rng.random() < 0.25:
                deal.setdefault("equivalence", {})[party] = _table(rng)
        if rng.random() < 0.2:
            deal["purposes"] = [["safety"], ["safety", "research"], ["research"]][int(rng.integers(3))]
        if rng.random() < 0.3:
            deal["area"] = AREAS[int(rng.integers(2))]


def _table(rng: np.random.Generator) -> dict[str, str]:
    """Some words and the ladder's; a few are protected as something else."""
    table = {word: level for word, level in WORDS.items() if rng.random() < 0.8}
    table |= {level: level for level in LADDER[1:] if rng.random() < 0.8}
    return {
        word: str(rng.choice(LADDER[1:4])) if rng.random() < 0.15 else level for word, level in table.items()
    }


def _consents(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Areas, withdrawals, and answers that hold for more than one case."""
    for consent in arrangement["consents"].values():
        if rng.random() < 0.2:
            consent["area"] = AREAS[int(rng.integers(2))]
        if rng.random() < 0.3:
            consent["withdrawn"] = [_stretch(rng, *_span(rng))]
        if consent["kind"] == "on_request":
            consent["decided_per"] = _unit(rng)


def _desks(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Disciplines, closures, holidays, days off, surges and batches."""
    for desk in arrangement["desks"].values():
        desk["discipline"] = str(rng.choice(["fifo", "priority", "newest_first"]))
        if rng.random() < 0.3:
            desk["closures"] = [_stretch(rng, *_span(rng)) for _ in range(2)]
        while rng.random() < 0.4:
            surge = _stretch(rng, *_span(rng)) | {"servers": int(rng.integers(0, 4))}
            desk["surges"] = [*desk.get("surges", []), surge]
        if rng.random() < 0.3:
            desk["batch"] = {"period_s": float(rng.choice([900.0, 7000.5])), "phase_s": 333.0}
        calendar = desk.get("calendar", {"kind": "always"})
        if calendar["kind"] == "working_hours":
            # Bulgaria keeps 3 March, which lies in the run
            calendar["holidays"] = [None, "BG", "PH"][int(rng.integers(3))]
            calendar["closed_on"] = ["2026-03-04"] if rng.random() < 0.5 else []
            calendar["weekdays"] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _links(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Priorities, decision units, lost and late pieces, full queues, failures, contact windows, fusing."""
    for link in arrangement["links"].values():
        link["priority"] = int(rng.integers(0, 3))
        link["willing_per"] = _unit(rng)
        if rng.random() < 0.3:
            link["extra_delay"] = {"kind": "exponential", "mean_s": float(rng.choice([60.0, 20_000.0]))}
        link["loss_probability"] = float(rng.choice([0.0, 0.1, 1.0], p=[0.78, 0.2, 0.02]))
        if rng.random() < 0.3:
            link["queue_limit"] = int(rng.integers(1, 4))
            link["bandwidth_bps"] = float(rng.choice([0.3, 2.0]))
        if rng.random() < 0.25:
            link["failures"] = {"up_mean_s": 9000.0, "down_mean_s": float(rng.choice([30.0, 7000.0]))}
        if rng.random() < 0.25:
            link["contact_windows"] = _windows(rng)
        if "filter" in link and "pattern" not in link:
            link["pattern"] = {"kind": "subscribe"}
        if "sanitise" in link:
            link["sanitise"]["strip_source"] = bool(rng.random() < 0.5)
        if rng.random() < 0.2:
            link["fused_with"] = [["sea"], ["air"], ["closed"], ["air", "sea"]][int(rng.integers(4))]


def _windows(rng: np.random.Generator) -> dict[str, Any]:
    if rng.random() < 0.5:
        times = {"period_s": 5400.0, "lasts_s": float(rng.choice([300.0, 2000.0])), "phase_s": 40.0}
        return {"kind": "periodic", **times}
    hours = [(2, 9), (20, 30), (29, 41), (50, 80)]
    stretches = [{"from_utc": _after(a * 3600.0), "to_utc": _after(b * 3600.0)} for a, b in hours]
    return {"kind": "dated", "stretches": stretches}


def _events(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Two events, of any kinds, that begin and last in any way."""
    deals, links, desks, consents = (
        sorted(arrangement[kind]) for kind in ("agreements", "links", "desks", "consents")
    )
    with_notice = [id_ for id_ in deals if "notice_s" in arrangement["agreements"][id_]]
    kinds: list[dict[str, Any]] = [
        {"kind": "in_force", "agreements": deals[:1]},
        {"kind": "suspension", "agreements": deals[:2]},
        {"kind": "notice", "agreements": with_notice[:1]},
        {"kind": "nation_leaves", "nation": str(rng.choice(NATIONS))},
        {"kind": "link_cut", "links": links[:3]},
        {"kind": "desk_closed", "desks": desks[:2]},
        {"kind": "desk_surge", "desks": desks[-2:], "servers": int(rng.integers(0, 4))},
        {"kind": "consent_withdrawn", "consents": consents[:4]},
    ]
    possible = [kind for kind in kinds if all(kind.values())]
    arrangement["events"] = {
        f"event_{i}": possible[int(rng.integers(len(possible)))]
        | {"begins": _begins(rng), "lasts": _lasts(rng)}
        for i in range(2)
    }


def _begins(rng: np.random.Generator) -> dict[str, Any]:
    return [
        {"kind": "at", "utc": _moment(rng)},
        {"kind": "after", "time_s": float(rng.integers(0, 100_000))},
        {"kind": "random", "from_s": 1000.0, "to_s": 120_000.0},
    ][int(rng.integers(3))]


def _lasts(rng: np.random.Generator) -> dict[str, Any] | None:
    return [
        None,
        {"kind": "constant", "value_s": 30_000.0},
        {"kind": "lognormal", "median_s": 20_000.0, "p95_s": 90_000.0},
    ][int(rng.integers(3))]


def _unit(rng: np.random.Generator) -> dict[str, Any]:
    units = {"kind": "case"}, {"kind": "category_day"}, {"kind": "episode", "lasts_s": 20_000.5}
    return dict(units[int(rng.integers(3))])


def _span(rng: np.random.Generator) -> tuple[float, float]:
    """Begin and end of a stretch, in seconds of the run."""
    begin, end = np.sort(rng.choice(np.arange(-8, 84), 2, replace=False)) * 3600.0
    return float(begin), float(end)


def _stretch(rng: np.random.Generator, begin: float, end: float) -> dict[str, Any]:
    """Those moments, at times without an end."""
    return {"from_utc": _after(begin), "to_utc": _after(end) if rng.random() < 0.85 else None}


def _after(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _moment(rng: np.random.Generator) -> str:
    return _after(3600.0 * float(rng.integers(-24, 84)))
