"""When a link may move something: its set times and its outages, taken one after another.

Model: with a digest or a pull the k-th time is phase + k period, k from below zero on; a pull costs the
link's delay besides. A transmission that shares a moment with an outage, or begins in one, is put off to the
end of that outage until none is left that it meets.

Where next: ``queues`` replays links with it.
"""

from __future__ import annotations

from datetime import datetime

from mda_sim.audit.rules import Times, Tree
from mda_sim.core.time import NEVER_US, Timeline, to_us


def may_leave(link: Tree, t_us: Times) -> Times:
    """When the link's pattern lets go what is released at each ``t_us`` [us]."""
    pattern = link["pattern"]
    if pattern["kind"] == "push":
        return t_us
    period_us, phase_us = to_us(pattern["period_s"]), to_us(pattern["phase_s"])
    number = -((phase_us - t_us) // period_us)
    asking_us = to_us(link["delay_s"]) if pattern["kind"] == "pull" else 0
    return phase_us + number * period_us + asking_us


def outages_us(link: Tree, timeline: Timeline) -> list[tuple[int, int]]:
    """Begin and end of each outage, as listed [us]."""
    return [
        (
            timeline.us_at(datetime.fromisoformat(outage["from_utc"])),
            NEVER_US
            if outage["to_utc"] is None
            else timeline.us_at(datetime.fromisoformat(outage["to_utc"])),
        )
        for outage in link["outages"]
    ]


def past_outages(outages: list[tuple[int, int]], t_us: int, lasting_us: int) -> int:
    """Begin of a transmission that could begin at ``t_us`` if there were no outages [us]."""
    while True:
        met = [end for start, end in outages if start < t_us + max(lasting_us, 1) and t_us < end > start]
        if not met:
            return t_us
        t_us = min(met)
