"""The ladder beside the gap split: a configuration, then with gates open, then without delays besides.

Model: two sections are derived from a configuration (``sharing.counterfactuals``) and scored on the same log.
They are known as ``<configuration>.gates_open`` and ``<configuration>.no_delays`` (no id has a full stop). Of
their figures those are kept that the ladder tells: the primary endpoints (without any: custody at the window
of the gap split, all vessels) and the gap split of their groups. Each step is the paired difference from the
rung before, with its interval over seeds, so that in every seed the value and the two steps add up to the
last rung. What is then still not held is what sharing rules and delays cannot give: ``sensing`` and
``no_link`` above all, and choices, copies that are too coarse and the time of the sensor's own product.

Assumptions and limits: accounting, not value: it says what rules and delays hold back together, not what any
change of them would bring. A step can be **negative**: with gates open more cases come to the same desks and
lines, and what saturates them makes everything later, or lets it expire. No step depends on order by choice:
delays before gates would be another account. Intervals are as in ``compare``.

Source: definitions of this program. Where next: ``pipeline.counterfactuals`` makes the rows, ``study.run``
the summary; ``report.sections`` and ``report.sheets`` print it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from mda_sim.metrics.asked import Asked, known_metrics
from mda_sim.metrics.compare import Key, Values, interval
from mda_sim.metrics.gap_split import GAP_METRICS, Answer, window_s
from mda_sim.metrics.ladder import ladder
from mda_sim.metrics.score_rows import ScoreRow
from mda_sim.metrics.spec import Endpoint, MetricsSpec, age_label

RUNGS: Final = ("gates_open", "no_delays")
"""The two steps, in their order."""


def rungs_of(configuration: str) -> tuple[str, ...]:
    """Names of a configuration and of the two that are derived from it.

    >>> rungs_of("today")
    ('today', 'today.gates_open', 'today.no_delays')
    """
    return (configuration, *(f"{configuration}.{rung}" for rung in RUNGS))


def chosen(spec: MetricsSpec, baseline: str, configurations: Iterable[str]) -> list[str]:
    """The configurations whose ladder is told, of those that are run."""
    asked = [baseline] if spec.counterfactuals == "baseline" else list(spec.counterfactuals)
    run = set(configurations)
    return [name for name in asked if name in run]


def endpoints_of(spec: MetricsSpec) -> tuple[Endpoint, ...]:
    """The endpoints that the ladder tells."""
    if spec.primary:
        return spec.primary
    return (Endpoint(metric=f"custody_fraction_{age_label(window_s(spec.custody_age_s))}"),)


def told_rows(rows: Iterable[ScoreRow], spec: MetricsSpec, nodes: Mapping[str, str]) -> tuple[ScoreRow, ...]:
    """The rows of a ladder: endpoints and the split of their groups at picture nodes (nation -> node)."""
    endpoints = {(endpoint.metric, endpoint.key) for endpoint in endpoints_of(spec)}
    groups = {group for _, group in endpoints}
    return tuple(
        row
        for row in rows
        if nodes.get(row.nation) == row.node
        and ((row.metric, row.group) in endpoints or (row.metric in GAP_METRICS and row.group in groups))
    )


def asked_of(spec: MetricsSpec) -> Asked | None:
    """What ``told_rows`` keeps, to be scored alone; None if an endpoint cannot be."""
    endpoints = endpoints_of(spec)
    if not {endpoint.metric for endpoint in endpoints} <= set(known_metrics(spec)):
        return None
    places = dict.fromkeys((endpoint.group, endpoint.zone) for endpoint in endpoints)
    split = [Endpoint(metric=name, group=group, zone=zone) for name in GAP_METRICS for group, zone in places]
    return Asked.of(spec, [*endpoints, *split])


def counterfactuals(
    values: Values, units: Mapping[str, str], spec: MetricsSpec, configurations: Sequence[str]
) -> list[dict[str, Any]]:
    """One entry per configuration, endpoint and nation, as JSON holds them.

    ``values`` are those of the configurations and of what is derived from them, ``units`` is by metric. An
    entry is that of ``ladder.ladder`` with ``configuration``, in each step the ``value`` of its rung and, for
    the group of the endpoint, ``split``: answer -> share at each rung (both as ``interval``).
    """
    found = []
    for configuration in configurations:
        names = rungs_of(configuration)
        for entry in ladder(values, units, names, endpoints_of(spec)):
            nation, metric, group = (entry[name] for name in ("nation", "metric", "group"))
            split = {
                answer.name.lower(): [_over_seeds(values, Key(name, nation, share, group)) for name in names]
                for answer, share in zip(Answer, GAP_METRICS, strict=True)
            }
            for step in entry["steps"]:
                step["value"] = _over_seeds(values, Key(step["to"], nation, metric, group))
            found.append({"configuration": configuration, **entry, "split": split})
    return found


def _over_seeds(values: Values, key: Key) -> dict[str, Any]:
    """``interval`` of a figure; of nothing where there is none."""
    return interval(tuple(values.get(key, {}).values()))
