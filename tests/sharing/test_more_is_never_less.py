"""What more permission, and more links, may not do; and what no change elsewhere may move.

All without shared capacity. Rules do not change during a run of the first test: with dates a copy that comes
sooner may be stopped where a later one would pass.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mda_sim.core.time import NEVER_US
from mda_sim.records import ContactFacts, DeliveryLog, DetectionLog, Gate, Outcome
from mda_sim.sharing.exchange import share
from mda_sim.sharing.filters import area_entries
from mda_sim.sharing.labels import Level

NATIONS = ("jpn", "kor", "phl", "usa")
AREAS = [
    {"kind": "box", "lat_min_deg": 0, "lat_max_deg": lat, "lon_min_deg": 0, "lon_max_deg": 1}
    for lat in (1, 2)
]
N_REPORTS, N_VESSELS = 3, 4
LABELS: dict[str, Any] = {
    "coded": {"classification": "SECRET", "national_word": "CODE", "rel_to": ["JPN", "KOR"]},
    "named": {"marking": "RESTRICTED//REL TO JPN, PHL, USA", "purpose": "patrol"},
    "open": {"classification": "UNCLASSIFIED"},
    "own": {"classification": "CONFIDENTIAL"},
    "product": {"classification": "RESTRICTED", "originators": ["KOR"], "purpose": "patrol"},
    "tight": {"marking": "SECRET//ORCON/REL TO USA", "originators": ["JPN"]},
}
TABLES: list[dict[str, str]] = [
    {"CODE": "SECRET", "SECRET": "SECRET", "CONFIDENTIAL": "CONFIDENTIAL", "RESTRICTED": "CONFIDENTIAL"},
    {"CODE": "CONFIDENTIAL", "SECRET": "SECRET", "CONFIDENTIAL": "SECRET"},
]
Change = Callable[[dict[str, Any]], None]


def random_plain(make: SimpleNamespace, seed: int) -> dict[str, Any]:
    """Eight nodes, four nations, one agreement a pair, sanitising, fusing, areas, purposes, tables."""
    rng = np.random.default_rng([seed, 7])

    def some(share: float, value: Any, other: Any = None) -> Any:
        return value if rng.random() < share else other

    nodes = {f"{n}_{i}": (n.upper(), ("TOP_SECRET", "SECRET")[i]) for n in NATIONS for i in range(2)}
    pairs = list(itertools.combinations([n.upper() for n in NATIONS], 2))
    agreements = {
        f"a_{x}_{y}".lower(): make.agreement(
            x, y,
            onward=str(rng.choice(["none", "with_consent", "free", "free"])),
            ceiling=str(rng.choice(["CONFIDENTIAL", "SECRET", "SECRET"])),
            ceilings=some(0.3, {x: "SECRET"}, {}),
            equivalence={p: dict(TABLES[int(rng.integers(2))]) for p in (x, y) if rng.random() < 0.25},
            purposes=some(0.1, ["patrol"], []),
            area=some(0.3, AREAS[int(rng.integers(2))]),
        )
        for x, y in pairs
    }  # fmt: skip
    consents = {}
    for i, (x, y) in enumerate((x, y) for x in NATIONS for y in NATIONS if x != y and rng.random() < 0.7):
        plain = {"originator": x.upper(), "recipient": y.upper(), "kind": "standing"}
        consents[f"c{i:02d}"] = plain | {"area": some(0.3, AREAS[int(rng.integers(2))])}
    links = {}
    for i in range(18):
        sender, recipient = (str(n) for n in rng.choice(list(nodes), 2, replace=False))
        sanitise = {
            "label": some(0.6, "open"), "coarsen_m": float(rng.choice([1e3, 5e3])),
            "delay_s": some(0.5, 900.0, 0.0),
            "delegated_by": [n.upper() for n in NATIONS if n not in sender and rng.random() < 0.5],
        }  # fmt: skip
        links[f"l{i:02d}"] = make.link(
            sender, recipient,
            accreditation="TOP_SECRET",
            delay_s=float(rng.integers(0, 4000)),
            case_window_s=float(rng.choice([60.0, 600.0])),
            sanitise=some(0.3, sanitise),
            fused_with=some(0.2, ["product"], []),
        )  # fmt: skip
    kinds = sorted(set(LABELS) - {"product"})
    feeds = {n: {"node": f"{n}_0", "label": kinds[int(rng.integers(len(kinds)))]} for n in NATIONS}
    return {
        "nodes": nodes, "labels": copy.deepcopy(LABELS), "feeds": feeds, "agreements": agreements,
        "consents": consents, "links": links,
    }  # fmt: skip


def make_log(make: SimpleNamespace) -> DetectionLog:
    times = [(10.0 + 4000.0 * k, N_VESSELS, 0) for k in range(N_REPORTS)]
    return make.log({n: (n.upper(), "radar") for n in NATIONS}, dict.fromkeys(NATIONS, times))


def run(make: SimpleNamespace, plain: dict[str, Any], seed: int = 1) -> DeliveryLog:
    """One run; a vessel is in the first area if its place in the report is even, in the second if not 0."""
    sharing, log = make.sharing(**plain), make_log(make)
    place = np.arange(len(log.contacts)) % N_VESSELS
    inside = {
        name: place % 2 == 0 if entry.area.lat_max_deg == 1 else place > 0  # type: ignore[union-attr]
        for entry in area_entries(sharing)
        for name in entry.names
    }
    facts = ContactFacts(np.zeros(len(place), np.bool_), np.zeros(len(place), np.float32), inside)
    nations = make.nations(**{n.upper(): f"{n}_1" for n in NATIONS})
    return share(log, sharing, nations, make.timeline(), seed, facts)


def received_us(deliveries: DeliveryLog) -> NDArray[np.int64]:
    """First receipt of each contact by each nation, (n_contacts, 4) [us]."""
    table = np.full((len(deliveries.parts), len(NATIONS)), NEVER_US)
    outcomes = deliveries.outcomes
    table[outcomes["part"], outcomes["nation"]] = outcomes["t_received_us"]
    return np.asarray(table[deliveries.contact_part], np.int64)


def without(section: str, id_: str) -> Change:
    def change(plain: dict[str, Any]) -> None:
        del plain[section][id_]

    return change


def lower_ceiling(id_: str) -> Change:
    def change(plain: dict[str, Any]) -> None:
        deal = plain["agreements"][id_]
        lower = {level.name: Level(max(0, level - 1)).name for level in Level}
        deal["ceiling"] = lower[deal["ceiling"]]
        deal["ceilings"] = {party: lower[level] for party, level in deal["ceilings"].items()}

    return change


def less(plain: dict[str, Any]) -> Iterator[tuple[str, Change]]:
    """Every change that takes one permission or one link away."""
    for section in ("links", "consents", "agreements"):
        for id_ in plain[section]:
            yield f"without {section}.{id_}", without(section, id_)
    for id_ in plain["agreements"]:
        yield f"a lower ceiling of {id_}", lower_ceiling(id_)


@pytest.mark.parametrize("seed", range(6))
def test_more_consent_ceilings_agreements_and_links_make_nothing_later(
    make: SimpleNamespace, seed: int
) -> None:
    plain = random_plain(make, seed)
    full = received_us(run(make, plain))
    assert (full != NEVER_US).any()
    lost = 0
    for name, change in less(plain):
        fewer = copy.deepcopy(plain)
        change(fewer)
        then = received_us(run(make, fewer))
        assert (full <= then).all(), name
        lost += int((full < then).sum())
    assert lost > 0


def test_an_agreement_that_is_asked_first_and_binds_more_can_deliver_less(make: SimpleNamespace) -> None:
    """The first in id order that passes counts, not the one that would bind least."""
    plain: dict[str, Any] = {
        "nodes": {n: (n.upper(), "SECRET") for n in ("jpn", "phl", "usa")},
        "labels": {"named": LABELS["named"]},
        "feeds": {"radar": {"node": "phl", "label": "named"}},
        "agreements": {"b": make.agreement("PHL", "USA"), "c": make.agreement("USA", "JPN")},
        "links": {"x": make.link("phl", "usa"), "y": make.link("usa", "jpn")},
    }
    log = make.log({"radar": ("PHL", "radar")}, {"radar": [10.0]})
    nations = make.nations(JPN="jpn", PHL="phl", USA=None)
    for id_, outcome in (("a", Outcome.WITHHELD), ("z", Outcome.DELIVERED)):
        more = plain | {
            "agreements": plain["agreements"] | {id_: make.agreement("PHL", "USA", onward="none")}
        }
        outcomes = share(log, make.sharing(**more), nations, make.timeline(), 1).outcomes
        assert outcomes["outcome"].tolist() == [outcome]
        assert Gate(int(outcomes["gates"][0])) == (Gate.RELEASE if id_ == "a" else Gate(0))


def backward(value: Any) -> Any:
    """The same with the keys of every mapping in the other order."""
    if isinstance(value, dict):
        return {key: backward(entry) for key, entry in reversed(value.items())}
    return value


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_keys_changes_nothing_at_any_depth(make: SimpleNamespace, seed: int) -> None:
    plain = random_plain(make, seed)
    assert run(make, backward(plain)).digest() == run(make, plain).digest()


STAGES = (
    "t_arrived_us",
    "t_released_us",
    "t_consented_us",
    "t_sent_us",
    "t_received_us",
    "gates",
    "gates_at_release",
)


def rows_by_link(deliveries: DeliveryLog) -> dict[str, list[tuple[int, ...]]]:
    """What became of each offer on each link, with the label and the level of coarsening."""
    hops, names = deliveries.hops, deliveries.hops.meta["links"]
    columns = [hops[name].tolist() for name in ("part", "copy", *STAGES, "outcome", "is_kept", "coarsened_m")]
    rows: dict[str, list[tuple[int, ...]]] = {}
    for link, *row in zip(hops["link"].tolist(), *columns, strict=True):
        rows.setdefault(names[link], []).append(tuple(row))
    return rows


@pytest.mark.parametrize("gone", ["phl_jpn", "phl_kor", "phl_usa"])
def test_switching_off_one_link_leaves_the_luck_of_all_others(make: SimpleNamespace, gone: str) -> None:
    """Three links from one node to three nations, each with its own desk, and all that is drawn."""
    others = ("jpn", "kor", "usa")
    chance: dict[str, Any] = {
        "willingness": 0.7,
        "willing_per": {"kind": "episode", "lasts_s": 900.0},
        "extra_delay": {"kind": "exponential", "mean_s": 50.0},
        "loss_probability": 0.2,
        "bandwidth_bps": 200.0,
        "failures": {"up_mean_s": 2000.0, "down_mean_s": 300.0},
        "fused_with": ["product"],
        "sanitise": {"coarsen_m": 1000.0, "strip_source": True},
    }
    plain: dict[str, Any] = {
        "nodes": {n: (n.upper(), "SECRET") for n in ("phl", "vnm", *others)},
        "labels": {
            "own": {"classification": "RESTRICTED"},
            "product": {"classification": "RESTRICTED", "originators": ["VNM"]},
        },
        "feeds": {"other": {"node": "vnm", "label": "own"}, "radar": {"node": "phl", "label": "own"}},
        "agreements": {n: make.agreement("PHL", n.upper()) for n in others},
        "consents": {
            n: {
                "originator": "VNM", "recipient": n.upper(), "kind": "on_request", "probability": 0.6,
                "answer": {"kind": "exponential", "mean_s": 400.0},
                "decided_per": {"kind": "episode", "lasts_s": 600.0},
            }
            for n in others
        },
        "desks": {n: {"touch": {"kind": "exponential", "mean_s": 60.0}} for n in others},
        "links": {f"phl_{n}": make.link("phl", n, desk=n, **chance) for n in others},
    }  # fmt: skip
    times = np.arange(5.0, 20_000, 171.0).tolist()
    log = make.log({"other": ("VNM", "radar"), "radar": ("PHL", "radar")}, {"radar": times})
    nations = make.nations(PHL="phl", JPN="jpn", KOR="kor", USA="usa", VNM=None)

    def rows(arrangement: dict[str, Any]) -> dict[str, list[tuple[int, ...]]]:
        return rows_by_link(share(log, make.sharing(**arrangement), nations, make.timeline(), 3))

    full = rows(plain)
    fewer = rows(plain | {"links": {id_: link for id_, link in plain["links"].items() if id_ != gone}})
    assert fewer == {link: of_link for link, of_link in full.items() if link != gone}
    seen = {row[STAGES.index("gates_at_release") + 3] for of_link in full.values() for row in of_link}
    assert seen == {Outcome.DELIVERED, Outcome.LOST, Outcome.WITHHELD, Outcome.NOT_SENT}
    assert len({tuple(row[4:7] for row in of_link) for of_link in full.values()}) == 3
