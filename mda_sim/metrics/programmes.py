"""Programmes of support: what each host gains, what it gives to others, and how far its reports reach.

Model: a programme is a configuration with a host nation (``metrics.programmes``). With C(n) the custody of
nation n, of the group and age of the first custody endpoint, in the whole area, on one seed,

    gain           C(host) with all sharing, less C(host) by own and licensed observations alone,
                   both under the programme's configuration
    contribution   the mean over all other nations of C(n) under the programme less C(n) under the baseline
    onward reach   in how many other nations' pictures reports of the host's sensors arrive, and the share of
                   its contacts that arrive in any (``reach.py``)
    custody        for the host and each nation in ``programme_focus``, in the area and in every zone: C(n)
                   under the programme less C(n) under the baseline

Each is taken seed by seed, then given as a mean with its interval.

Assumptions and limits: a contribution holds all that the programme changes (the host's sensors and the links
that come with them), in percentage points per nation, not the value of one report. Intervals are as in
``compare.py``. Licensed observations are those of parties that are no nations.

Source: definitions of this program. Where next: ``report.sections`` prints it.
"""

from __future__ import annotations

import math
from typing import Any

from mda_sim.metrics.asked import LICENSED
from mda_sim.metrics.compare import Key, Values, interval, paired_difference
from mda_sim.metrics.figures import group_key
from mda_sim.metrics.gap_split import window_s
from mda_sim.metrics.spec import Endpoint, MetricsSpec, age_label

CUSTODY = "custody_fraction_"


def programmes(values: Values, spec: MetricsSpec, baseline: str) -> dict[str, Any]:
    """What each programme changes, as JSON holds it.

    ``metric, group`` of the custody that is meant, and under ``programmes`` by configuration ``host, gain,
    contribution, onward_nations, onward_fraction`` and ``custody`` -> nation -> group -> difference.
    """
    endpoint = custody_endpoint(spec)
    told = {
        name: _programme(values, spec, endpoint, name, host, baseline)
        for name, host in spec.programmes.items()
    }
    return {"metric": endpoint.metric, "group": endpoint.group, "programmes": told}


def custody_endpoint(spec: MetricsSpec) -> Endpoint:
    """The first custody endpoint; without one, of all vessels at the age of the gap split."""
    for endpoint in spec.primary:
        if endpoint.metric.startswith(CUSTODY):
            return endpoint
    return Endpoint(metric=CUSTODY + age_label(window_s(spec.custody_age_s)))


def _programme(
    values: Values, spec: MetricsSpec, endpoint: Endpoint, name: str, host: str, baseline: str
) -> dict[str, Any]:
    metric, group = endpoint.metric, endpoint.group
    licensed = metric.replace(CUSTODY, f"{CUSTODY}{LICENSED}_")
    own = values.get(Key(name, host, licensed, group), {})
    others = sorted({key.holder for key in values} - {host})
    changes = [
        _change(values, Key(name, other, metric, group), baseline)
        for other in others
        if Key(name, other, metric, group) in values
    ]
    nations = dict.fromkeys((*spec.programme_focus, host))
    keys = [group_key(group, zone) for zone in ("", *spec.zones)]
    return {
        "host": host,
        "gain": paired_difference(values.get(Key(name, host, metric, group), {}), own),
        "contribution": interval(_means(changes)),
        "onward_nations": interval(
            tuple(values.get(Key(name, host, "onward_nations_count", "all"), {}).values())
        ),
        "onward_fraction": interval(
            tuple(values.get(Key(name, host, "onward_fraction", "all"), {}).values())
        ),
        "custody": {
            nation: {
                key: interval(tuple(_change(values, Key(name, nation, metric, key), baseline).values()))
                for key in keys
                if Key(name, nation, metric, key) in values
            }
            for nation in nations
        },
    }


def _change(values: Values, key: Key, baseline: str) -> dict[int, float]:
    """Value less that under the baseline, by seed."""
    reference = values.get(key._replace(configuration=baseline), {})
    return {seed: value - reference[seed] for seed, value in values.get(key, {}).items() if seed in reference}


def _means(changes: list[dict[int, float]]) -> tuple[float, ...]:
    """Mean over the nations of each seed that all of them have."""
    if not changes:
        return ()
    seeds = set.intersection(*(set(change) for change in changes))
    return tuple(math.fsum(change[seed] for change in changes) / len(changes) for seed in sorted(seeds))
