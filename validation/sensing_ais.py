"""AIS in ``mda_sim.sensing``: intervals beside published tables, runs of the engine beside closed forms."""

from __future__ import annotations

import numpy as np
from sensing_engine import LAT_DEG, LON_DEG, apart, off, parked, run, within_errors
from sensing_page import Check, Details, Section, reference, sources

from mda_sim.core.units import KNOT_MPS
from mda_sim.sensing.ais import AisReceiver, reporting_interval_s
from mda_sim.world.fleet import AisClass

SLOTS_PER_S = 2 * 2250 / 60.0
"""Slots of both channels: ITU-R M.1371-5, 2,250 a minute and channel."""


def ais_intervals() -> Section:
    """Reporting intervals of AIS sets."""
    points = reference("ais_intervals.csv")
    classes = {"class_a": AisClass.CLASS_A, "class_b": AisClass.CLASS_B, "class_b_so": AisClass.CLASS_B_SO}
    rows, worst_s = [], 0.0
    for point in points:
        knots, is_turning = float(point["speed_kn"]), point["is_turning"] == "1"
        found_s = float(reporting_interval_s(classes[point["ais_class"]], knots * KNOT_MPS, is_turning))
        worst_s = max(worst_s, abs(found_s - float(point["interval_s"])))
        rows.append(
            [
                point["ais_class"].replace("_", " "),
                f"{knots:g}{', turning' if is_turning else ''}",
                f"{float(point['interval_s']):.3g}",
                f"{found_s:.3g}",
            ]
        )
    check = Check(
        "AIS reporting intervals",
        "tables of ITU-R M.1371 as quoted by makers",
        "input",
        f"{worst_s:.1e} s",
        "1e-4 s",
        worst_s <= 1e-4,
    )
    text = f"""
        Speeds at the edges of the tables' classes, where the text and not the model says which side
        an edge belongs to; a class A ship at 3 knots or less is taken as anchored or moored.
        Sources: {sources(points)}.
        """
    return Section(
        "AIS reporting intervals",
        text,
        [check],
        [Details(("class", "knots", "published, s", "here, s"), rows)],
    )


def ais_contacts() -> Section:
    """The share of intervals in which an AIS receiver holds a vessel."""
    rows, worst = [], 0.0
    for p_decode in (0.1, 0.3, 0.6):
        one = receiver(p_decode)
        log = run(apart(100, 20e3, 84.0), {"a": one}, 84.0)
        n = len(log.reports) * 100
        share, expected = len(log.contacts) / n, 1.0 - (1.0 - p_decode) ** (300.0 / 180.0)
        errors = off(share, expected, float(np.sqrt(expected * (1.0 - expected) / n)))
        worst = max(worst, errors)
        rows.append([f"{p_decode:g}", f"{expected:.4f}", f"{share:.4f}", f"{errors:.1f}"])
    check = within_errors("Share of intervals with an AIS contact", "1 - (1 - p)^(interval / T)", worst)
    text = """
        100 class A sets of vessels at rest, which report every T = 180 s, in intervals of 300 s; p
        is the probability that one report is decoded. The exponent is not a whole number: the phase
        of the reports within an interval is not drawn.
        """
    columns = ("p", "expected", "engine", "standard errors off")
    return Section("AIS contacts made by the engine", text, [check], [Details(columns, rows)])


def slot_load() -> Section:
    """Messages lost to ships that do not hear each other."""
    p_decode, slots_per_s = 0.6, 1.0 / 180.0 + 2.0 / 360.0
    rows, worst = [], 0.0
    for n in (500, 1500, 3000):
        spread_m = np.linspace(28e3, 32e3, n)
        fleet = parked(np.concatenate([spread_m, spread_m]), np.repeat([90.0, 270.0], n), 2.0)
        log = run(fleet, {"a": receiver(p_decode)}, 1.0)
        load = n * slots_per_s / SLOTS_PER_S
        expected = 1.0 - (1.0 - p_decode * np.exp(-load)) ** (300.0 / 180.0)
        looks = len(log.reports) * 2 * n
        share = len(log.contacts) / looks
        errors = off(share, float(expected), float(np.sqrt(expected * (1.0 - expected) / looks)))
        worst = max(worst, errors)
        rows.append([f"{n:,}", f"{load:.3f}", f"{expected:.4f}", f"{share:.4f}", f"{errors:.1f}"])
    check = within_errors("AIS contacts with hidden ships", "slotted ALOHA, exp(-load)", worst)
    text = f"""
        Two groups of class A sets at rest, 30 km east and 30 km west of a receiver and so out of
        each other's range of 25 nautical miles: a set uses a slot every 180 s and two every 360 s
        of {SLOTS_PER_S:g} slots a second. Of the messages of one group those survive that meet none
        of the other. exp(-load) takes hidden ships as independent; if those of a group had
        organised themselves without a conflict it would be 1 - load, the same at small loads, which
        is a limit of the model and not tested by this.
        """
    columns = ("ships a group", "hidden load", "expected", "engine", "standard errors off")
    return Section("AIS slot load", text, [check], [Details(columns, rows)])


def receiver(p_decode: float) -> AisReceiver:
    """A shore station that hears vessels of 50 m out to 44 km."""
    return AisReceiver(
        operator="NAT",
        lat_deg=LAT_DEG,
        lon_deg=LON_DEG,
        antenna_height_m=60.0,
        max_range_m=80e3,
        p_decode=p_decode,
        interval_s=300.0,
    )
