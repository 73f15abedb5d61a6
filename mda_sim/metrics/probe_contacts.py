"""Figures of merit of coverage: how much of the sea is looked at, how often, for how long, by how many.

Model: as in coverage analysis of satellites (``coverage.py`` has gaps and response), on the probes, each an
area of the grid, over the scored time of length T. What counts is what reached the node: own reports and
those of others. An **access** is an unbroken run of contact intervals of one sensor with one probe
(instants for images); two sensors that watch at once make two.

    ``area_seen_fraction_<age>``      covered cumulatively: area that had a contact within that time from the
                                      beginning of the scored time (``area_seen_fraction``: by its end); at a
                                      time: ``coverage.py``
    ``access_mean_count``             accesses per probe; ``access_count`` all of them, not weighted
    ``access_duration_mean_s``        mean length of an access, cut at the edges of the scored time
    ``access_duration_max_s``         the longest of all
    ``area_held_by_<N>_fraction_<age>``  N-asset coverage: area-weighted share of probe-time in which at
                                      least N = 1, 2, 3 different sensors hold the probe: each by an
                                      observation that the node has received, of at most that age and good
                                      enough for custody

N = 1 is ``area_coverage_fraction`` again, and none of them rises with N. Means are weighted by area.

Boundary rule: [score_from, score_to). A contact interval is that of its report, cut at the edges; intervals
of one sensor that touch are one access. Contact figures are about what was seen, not when it was known;
N-asset coverage is from receipt on.

Assumptions and limits: a sensor is one entry under ``sensors``: all hulls of a platform that carry it, and a
constellation stated as one, are one; two sensors on one mast are two. Probes do not broadcast, so AIS
receivers never count. Where copies are destroyed, a part is held from its first receipt to the destruction of
its last copy. n is the number of probes, of ``access_duration`` figures the number of accesses.

Source: Ansys, STK help, figures of merit (https://help.agi.com/stk/Content/cov/: fom-05 revisit time, fom-07
number of accesses, fom-10 time average gap, fom-11 response time; N asset coverage, simple coverage; read
2026-11, medium confidence); J. R. Wertz, W. J. Larson (eds), "Space Mission Analysis and Design", 3rd ed.,
1999, section 7.2. Where next: ``node_figures``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_S, to_us
from mda_sim.metrics.coverage import Probes, report_length_us, weighted_mean
from mda_sim.metrics.figures import Figure, group_key, metric_key, ratio
from mda_sim.metrics.spec import age_label
from mda_sim.picture.awareness import History, PartHistory, received_error_m
from mda_sim.picture.receipts import forgotten_us, is_first
from mda_sim.records import DeliveryLog, DetectionLog

Ints = NDArray[np.int64]

AT_LEAST: Final = (1, 2, 3)
"""Numbers of sensors of N-asset coverage."""


@dataclass(frozen=True, eq=False)
class ProbeContacts:
    """Contacts of probes in order of probe, sensor and time: the same for every configuration."""

    offsets: Ints
    """First of each probe, and their number, (n_probes + 1,)."""
    row: Ints
    """Row of the ``History``, (n,)."""
    sensor: Ints
    """Sensor that made it, (n,)."""
    t_observed_us: Ints
    """When it was made [us], (n,)."""


@dataclass(frozen=True, eq=False)
class Accesses:
    """What one node has of every probe; arrays are (n_probes,) unless they say otherwise."""

    count: Ints
    """Accesses."""
    sum_us: Ints
    """Length of all [us]."""
    longest_us: Ints
    """Length of the longest [us]."""
    first_us: Ints
    """Beginning of the first contact in the window [us]; NEVER_US if there is none."""
    held_us: Ints
    """Time held by at least ``AT_LEAST[i]`` sensors at each age, (n_probes, n_ages, 3) [us]."""


def probe_contacts(log: DetectionLog, contacts: History, first_probe: int) -> ProbeContacts:
    """The contacts of the probes of a log; ``contacts`` is ``history(log)``."""
    from mda_sim.metrics.probe_contacts_kernels import sort_by_sensor

    begin, end = contacts.offsets[first_probe], contacts.offsets[-1]
    # Reports without a contact begin where the next one does: the last that begins by then has the contact.
    report = np.searchsorted(log.reports["first"], contacts.contact[begin:end], side="right") - 1
    sensor = log.reports["sensor"][report].astype(np.int64)
    offsets = contacts.offsets[first_probe:] - begin
    order, sorted_sensor = np.empty((2, len(sensor)), np.int64)
    sort_by_sensor(offsets, sensor, len(log.sensors), order, sorted_sensor)
    row = begin + order
    return ProbeContacts(offsets, row, sorted_sensor, contacts.t_observed_us[row])


def accesses(
    log: DetectionLog,
    deliveries: DeliveryLog,
    contacts: PartHistory,
    probes: ProbeContacts,
    received: Table,
    custody_age_s: Sequence[float],
    error_max_m: float,
    from_us: int,
    to_us_: int,
) -> Accesses:
    """Accesses of every probe, and how many sensors hold it, at the node whose receipts are ``received``."""
    from mda_sim.metrics.probe_contacts_kernels import fill_accesses, fill_held_by

    report, n_parts = deliveries.parts["report"], len(deliveries.parts)
    came = np.zeros(n_parts, np.bool_)
    came[received["part"]] = True
    end_us = log.reports["t_observed_us"]
    begin_us = end_us - report_length_us(log)
    n_probes = len(probes.offsets) - 1
    count, sum_us, longest_us = np.zeros((3, n_probes), np.int64)
    first_us = np.full(n_probes, NEVER_US, np.int64)
    part = contacts.part[probes.row]
    window = from_us, to_us_
    spans = begin_us[report], end_us[report]
    fill_accesses(
        probes.offsets, probes.sensor, part, *spans, came, *window, count, sum_us, longest_us, first_us
    )

    good = np.flatnonzero(received_error_m(log, deliveries, received) <= error_max_m)
    good = good[is_first(received["part"][good])]
    received_us = np.full(n_parts, NEVER_US, np.int64)
    received_us[received["part"][good]] = received["t_received_us"][good]
    ages_us = np.array([to_us(age_s) for age_s in custody_age_s], np.int64)
    held_us = np.zeros((n_probes, len(ages_us), len(AT_LEAST)), np.int64)
    observed_us, until_us = probes.t_observed_us, forgotten_us(received, n_parts)
    fill_held_by(
        probes.offsets, probes.sensor, part, observed_us, received_us, until_us, ages_us, *window, held_us
    )
    return Accesses(count, sum_us, longest_us, first_us, held_us)


def access_figures(
    found: Accesses,
    scored_us: Ints,
    probes: Probes,
    custody_age_s: Sequence[float],
    from_us: int,
    to_us_: int,
    *,
    zone: str = "",
) -> list[Figure]:
    """Figures of merit in one zone; ``scored_us`` (n_subjects,) tells which probes are in it."""
    inside = scored_us[probes.rows] > 0
    weight, n, group = probes.weight * inside, int(inside.sum()), group_key("all", zone)

    def mean(values: NDArray[np.float64]) -> float:
        return weighted_mean(values, weight)

    figures = []
    for age_s in (*custody_age_s, None):
        by_us = to_us_ if age_s is None else min(from_us + to_us(age_s), to_us_)
        name = metric_key("area_seen_fraction", "", "" if age_s is None else age_label(age_s))
        figures.append(Figure(name, group, mean((found.first_us < by_us).astype(np.float64)), "1", n))
    count = int(found.count[inside].sum())
    weighed = float((weight * found.count).sum())
    mean_s = ratio(float((weight * (found.sum_us / US_PER_S)).sum()), weighed)
    longest_s = float(found.longest_us[inside].max(initial=0)) / US_PER_S
    figures += [
        Figure("access_mean_count", group, mean(found.count.astype(np.float64)), "count", n),
        Figure("access_count", group, float(count), "count", n),
        Figure("access_duration_mean_s", group, mean_s, "s", count),
        Figure("access_duration_max_s", group, longest_s if count else np.nan, "s", count),
    ]
    share = found.held_us / (to_us_ - from_us)
    figures += [
        Figure(f"area_held_by_{at_least}_fraction_{age_label(age_s)}", group, mean(share[:, j, i]), "1", n)
        for j, age_s in enumerate(custody_age_s)
        for i, at_least in enumerate(AT_LEAST)
    ]
    return figures
