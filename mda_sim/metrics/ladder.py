"""The ladder: what each of several configurations adds to the one before it.

Model: configurations in the order that the scenario gives (``metrics.ladder``), each of which is meant to add
one thing to the one before: an agreement, then the practice of labels, then a link, staff, automation. For
each primary endpoint and nation a step is the paired difference between two neighbours, with its interval
over seeds; the steps of one seed add up to the last configuration less the first.

Assumptions and limits: what a step is worth depends on the order; intervals are as in ``compare.py``.
Source: definitions of this program. Where next: ``report.sections`` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mda_sim.metrics.compare import Key, Values, interval, paired_difference
from mda_sim.metrics.spec import Endpoint


def ladder(
    values: Values, units: Mapping[str, str], configurations: Sequence[str], primary: Sequence[Endpoint]
) -> list[dict[str, Any]]:
    """One entry per endpoint and nation that has it: first value and steps, as JSON holds them.

    ``nation, metric, group, unit, first`` (as ``interval``) and ``steps``: ``from, to, difference`` (as
    ``paired_difference``) for each pair of neighbours. ``units`` is by metric.
    """
    nations = sorted({key.holder for key in values})
    found = []
    for endpoint in primary:
        for nation in nations:
            rungs = [
                values.get(Key(name, nation, endpoint.metric, endpoint.key), {}) for name in configurations
            ]
            if not any(rungs):
                continue
            found.append(
                {
                    "nation": nation,
                    "metric": endpoint.metric,
                    "group": endpoint.key,
                    "unit": units[endpoint.metric],
                    "first": interval(tuple(rungs[0].values())),
                    "steps": [
                        {"from": a, "to": b, "difference": paired_difference(after, before)}
                        for a, b, before, after in zip(
                            configurations, configurations[1:], rungs, rungs[1:], strict=False
                        )
                    ],
                }
            )
    return found
