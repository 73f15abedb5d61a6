"""When a link may move something: its set times, and all stretches during which it is down.

Model: with a digest or a pull the k-th time is phase + k period, k from below zero on; a pull costs the
link's delay besides. A link is down in its dated outages, outside its contact windows, and in the failures
that are drawn for it; all of these are laid over each other. A transmission that shares a moment with an
outage, or begins in one, is put off to the end of that outage until none is left that it meets.

Where next: ``queues`` replays links with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mda_sim.audit.moments import Tree, stretch_us
from mda_sim.audit.rules import Times
from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, US_PER_S, Timeline, to_us

BLOCK = 256
"""Stretches of a failing link that are drawn at once."""

Downs = tuple[list[int], list[int]]
"""Begins and ends of the stretches during which a link is down, apart and in order [us]."""


def next_tick(times: Tree, t_us: Times) -> Times:
    """First of equally spaced times from each ``t_us`` on [us]."""
    period_us, phase_us = to_us(times["period_s"]), to_us(times["phase_s"])
    return phase_us - (phase_us - t_us) // period_us * period_us


def may_leave(link: Tree, t_us: Times) -> Times:
    """When the link's pattern lets go what is released at each ``t_us`` [us]."""
    pattern = link["pattern"]
    if pattern["kind"] in ("push", "subscribe"):
        return t_us
    asking_us = to_us(link["delay_s"]) if pattern["kind"] == "pull" else 0
    return next_tick(pattern, t_us) + asking_us


def downs_us(name: str, link: Tree, timeline: Timeline, seed: int | None) -> Downs:
    """When the link called ``name`` is down, as far as the run goes [us]; failures need the seed."""
    spans = [stretch_us(timeline, outage) for outage in link["outages"]]
    if link["contact_windows"] is not None:
        spans += _between_windows(link["contact_windows"], timeline)
    if link["failures"] is not None:
        assert seed is not None
        spans += _failures(name, link["failures"], timeline.end_us, seed)
    starts: list[int] = []
    ends: list[int] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


def _between_windows(windows: Tree, timeline: Timeline) -> list[tuple[int, int]]:
    """All time outside the contact windows of a link."""
    if windows["kind"] == "dated":
        ups = sorted(stretch_us(timeline, stretch) for stretch in windows["stretches"])
    else:
        period_us, lasts_us = to_us(windows["period_s"]), to_us(windows["lasts_s"])
        first = to_us(windows["phase_s"]) % period_us - period_us * (2 + lasts_us // period_us)
        ups = [(up, up + lasts_us) for up in range(first, timeline.end_us + period_us, period_us)]
        ups = ups if lasts_us < period_us else [(-NEVER_US, NEVER_US)]
    downs, last = [], -NEVER_US
    for begin, end in ups:
        if begin < end:
            downs.append((last, begin))
            last = max(last, end)
    return [*downs, (last, NEVER_US)]


def _failures(name: str, spec: Tree, until_us: int, seed: int) -> list[tuple[int, int]]:
    """Stretches from failure to repair, from the start of the run to past ``until_us``."""
    key, link = stream_key(seed, "share.link.failure"), address(name)
    up_s, down_s = spec["up_mean_s"], spec["down_mean_s"]
    is_up = bool(draw_uniform(key, [link], 0, 0, 0)[0] < up_s / (up_s + down_s))
    spans: list[tuple[int, int]] = []
    now, number = 0, 1
    while now <= until_us:
        u = draw_uniform(key, link, 0, 0, np.arange(number, number + BLOCK))
        up: NDArray[np.bool_] = np.equal(np.arange(BLOCK) % 2 == 0, is_up)
        mean_s = np.array([up_s, down_s])[(~up).astype(np.int64)]
        lasting_us = np.rint(-mean_s * np.log(u) * US_PER_S).astype(np.int64)
        times = now + np.concatenate([[0], np.cumsum(lasting_us)])
        spans += [(int(times[i]), int(times[i + 1])) for i in np.flatnonzero(~up)]
        now, number = int(times[-1]), number + BLOCK
    return spans
