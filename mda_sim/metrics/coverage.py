"""Coverage of the sea: where a vessel that stays put would be in custody, and how often it is looked at.

Model: every probe stands for its cell of the grid, of area proportional to cos(lat).
``area_coverage_fraction`` at tau is the area-weighted share of probe-time in custody (see ``custody.py``).
Gap figures are over the probe's contact intervals: a report counts if the picture node received the part of
it that holds the probe, however coarse: ``revisit_mean_s``, the mean gap, and ``response_mean_s``, the mean
wait from a random instant to the next contact (see ``gaps.py``), each an area-weighted mean over probes, and
so are ``time_average_gap_s``, the gap found at a random instant, and ``revisit_max_s``, each probe's longest
gap. ``area_contact_mean_fraction`` is the area-weighted share of probe-time in contact, and
``area_contact_min_fraction`` and ``_max_`` the least and greatest share of the area in contact at a full hour
of the scored time. A report covers its whole reporting interval, whose length is read off the times of its
sensor's reports; a report whose sensor reports at uneven times (a satellite's image) is an instant.

Boundary rule: custody over the time that ``groups.py`` scores; gaps over the whole scored time, whose edges
count as contacts, so that the figures of a probe never seen are lower bounds.

Assumptions and limits: figures are those of the probe's length and height, without AIS, not of any real
vessel. Gap figures are about what was seen, not about when it was known: latency is left out, and so is
whether a copy was destroyed later. n is the number of probes.

Source: see ``custody.py`` and ``gaps.py``. Where next: ``scores.py``; maps read the COVERAGE table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import US_PER_H, US_PER_S, to_us
from mda_sim.metrics.figures import Figure, group_key, metric_key
from mda_sim.metrics.spec import age_label
from mda_sim.picture.awareness import PartHistory
from mda_sim.records import DeliveryLog, DetectionLog

COVERAGE: Final = Schema(
    "coverage",
    (
        Column("nation", "i2", "nation whose picture it is", names="nations"),
        Column("target", "u4", "probe"),
        Column("lat_deg", "f8", "latitude of the probe [deg]"),
        Column("lon_deg", "f8", "longitude of the probe [deg]"),
        Column("tau_s", "f8", "custody age [s]"),
        Column(
            "custody_fraction", "f8", "share of its scored time in custody [0-1], NaN without scored time"
        ),
    ),
    sort=("nation", "target", "tau_s"),
)
"""Custody of each probe in each nation's picture: what coverage maps show."""


@dataclass(frozen=True, eq=False)
class Probes:
    """Where the probes stand; arrays have one row per probe."""

    first: int
    """Target number of the first probe; the others follow."""
    lat_deg: NDArray[np.float64]
    """Latitude [deg]."""
    lon_deg: NDArray[np.float64]
    """Longitude [deg]."""

    @property
    def rows(self) -> slice:
        """Their rows in arrays by target or by subject."""
        return slice(self.first, self.first + len(self.lat_deg))

    @cached_property
    def weight(self) -> NDArray[np.float64]:
        """Area that each stands for, in units of a grid cell at the equator."""
        return np.asarray(np.cos(np.radians(self.lat_deg)), np.float64)


def weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Mean of values (n,) with weights >= 0; NaN if there is no weight."""
    whole = float(weights.sum())
    return float((values * weights).sum()) / whole if whole > 0 else math.nan


def area_figures(
    held_us: NDArray[np.int64],
    scored_us: NDArray[np.int64],
    probes: Probes,
    custody_age_s: Sequence[float],
    *,
    zone: str = "",
    picture: str = "",
) -> list[Figure]:
    """Area coverage in one zone; ``held_us`` (n_subjects, n_ages), ``scored_us`` (n_subjects,) [us]."""
    held, scored = held_us[probes.rows] / US_PER_S, scored_us[probes.rows] / US_PER_S
    n, group = int((scored > 0).sum()), group_key("all", zone)
    figures = []
    for j, age_s in enumerate(custody_age_s):
        share = np.divide(held[:, j], scored, out=np.zeros(len(scored)), where=scored > 0)
        value = weighted_mean(share, probes.weight * scored)
        name = metric_key("area_coverage_fraction", picture, age_label(age_s))
        figures.append(Figure(name, group, value, "1", n))
    return figures


def coverage_table(
    held_us: Mapping[str, NDArray[np.int64]],
    scored_us: NDArray[np.int64],
    probes: Probes,
    custody_age_s: Sequence[float],
) -> Table:
    """The COVERAGE table of the nations in ``held_us`` (nation -> (n_subjects, n_ages)); whole area."""
    nations, n_ages = sorted(held_us), len(custody_age_s)
    scored = scored_us[probes.rows]
    shares = [
        np.divide(
            held_us[nation][probes.rows],
            scored[:, None],
            out=np.full((len(scored), n_ages), math.nan),
            where=scored[:, None] > 0,
        )
        for nation in nations
    ]
    per_nation = len(scored) * n_ages
    columns = {
        "nation": np.repeat(np.arange(len(nations)), per_nation),
        "target": np.tile(np.repeat(probes.first + np.arange(len(scored)), n_ages), len(nations)),
        "lat_deg": np.tile(np.repeat(probes.lat_deg, n_ages), len(nations)),
        "lon_deg": np.tile(np.repeat(probes.lon_deg, n_ages), len(nations)),
        "tau_s": np.tile(np.asarray(custody_age_s, np.float64), len(scored) * len(nations)),
        "custody_fraction": np.concatenate([np.zeros(0), *(share.ravel() for share in shares)]),
    }
    return Table.of(COVERAGE, columns, {"nations": nations})


@dataclass(frozen=True, eq=False)
class ProbeGaps:
    """Gap figures of each probe over a window; arrays have one row per probe."""

    mean_gap_s: NDArray[np.float64]
    """Mean gap [s]; 0 in permanent contact."""
    mean_response_s: NDArray[np.float64]
    """Mean wait from a random instant to the next contact [s]."""
    max_gap_s: NDArray[np.float64]
    """Longest gap [s]; 0 in permanent contact."""
    contact_fraction: NDArray[np.float64]
    """Share of the window in contact [0-1]; instants have no duration."""
    in_contact: NDArray[np.bool_]
    """Whether it is in contact at each full hour of the window, its edges included, (n_probes, n_hours)."""


def probe_gaps(
    log: DetectionLog,
    deliveries: DeliveryLog,
    contacts: PartHistory,
    received: Table,
    first_probe: int,
    from_us: int,
    to_us: int,
) -> ProbeGaps:
    """Gaps between the contacts of each probe that came to the node whose receipts are ``received``.

    ``contacts`` is ``history(log).by_part(deliveries)``.
    """
    from mda_sim.metrics.coverage_kernels import fill_gaps

    report = deliveries.parts["report"]
    counts = np.zeros(len(report), np.bool_)
    counts[received["part"]] = True
    end_us = log.reports["t_observed_us"]
    begin_us = end_us - report_length_us(log)
    n_probes = log.n_targets - first_probe
    n_gaps, sum_us, longest_us = np.zeros((3, n_probes), np.int64)
    sum_s2 = np.zeros(n_probes)
    in_contact = np.zeros((n_probes, -(-(to_us - from_us) // US_PER_H)), np.bool_)
    fill_gaps(
        first_probe,
        contacts.offsets,
        contacts.part,
        begin_us[report],
        end_us[report],
        counts,
        from_us,
        to_us,
        n_gaps,
        sum_us,
        sum_s2,
        longest_us,
        US_PER_H,
        in_contact,
    )
    whole_s = (to_us - from_us) / US_PER_S
    return ProbeGaps(
        mean_gap_s=sum_us / US_PER_S / np.maximum(n_gaps, 1),
        mean_response_s=sum_s2 / (2.0 * whole_s),
        max_gap_s=longest_us / US_PER_S,
        contact_fraction=1.0 - sum_us / (to_us - from_us),
        in_contact=in_contact,
    )


def gap_figures(
    gaps: ProbeGaps, scored_us: NDArray[np.int64], probes: Probes, *, zone: str = ""
) -> list[Figure]:
    """Revisit, response and contact in one zone: area-weighted means over its probes."""
    inside = scored_us[probes.rows] > 0
    weight, n, group = probes.weight * inside, int(inside.sum()), group_key("all", zone)
    at_hours = _share_at_hours(gaps.in_contact[inside], weight[inside])
    means = {
        "revisit_mean_s": weighted_mean(gaps.mean_gap_s, weight),
        "response_mean_s": weighted_mean(gaps.mean_response_s, weight),
        "revisit_max_s": weighted_mean(gaps.max_gap_s, weight),
        "time_average_gap_s": 2.0 * weighted_mean(gaps.mean_response_s, weight),
        "area_contact_mean_fraction": weighted_mean(gaps.contact_fraction, weight),
        "area_contact_min_fraction": float(at_hours.min()) if n else math.nan,
        "area_contact_max_fraction": float(at_hours.max()) if n else math.nan,
    }
    return [
        Figure(name, group, value, "s" if name.endswith("_s") else "1", n) for name, value in means.items()
    ]


def _share_at_hours(in_contact: NDArray[np.bool_], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted share of probes in contact at each hour, (n_hours,), from (n_probes, n_hours); NaN if none."""
    whole = float(weight.sum())
    if whole == 0:
        return np.full(in_contact.shape[1], math.nan)
    return np.asarray(np.where(in_contact, weight[:, None], 0.0).sum(axis=0) / whole, np.float64)


def report_length_us(log: DetectionLog) -> NDArray[np.int64]:
    """How long each report watched [us], (n_reports,); 0 for an image."""
    lengths_us = np.array([to_us(card.interval_s) for card in log.sensors], np.int64)
    each: NDArray[np.int64] = lengths_us[log.reports["sensor"]]
    return each
