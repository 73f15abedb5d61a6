"""One figure of a nation's picture, before it becomes a row of the score table.

A figure that is not defined (a share of no time, a mean of nothing) is NaN, never a stand-in number; an age
that no observation bounds is infinite. Where next: ``scores.py`` adds configuration, seed, nation and node.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple


class Figure(NamedTuple):
    """One value of one metric for one group."""

    metric: str
    """Name of the metric."""
    group: str
    """``<group>``, or ``<group>@<zone>``."""
    value: float
    """Value in ``unit``; NaN where undefined."""
    unit: str
    """``1`` for shares, ``s``, ``h``, ``m`` or ``count``."""
    n: int
    """How many vessels, probes, contacts or parts of reports it stands on; each metric says which."""


def ratio(part: float, whole: float) -> float:
    """``part / whole``; NaN if the whole is zero.

    >>> ratio(1, 4), ratio(1, 0)
    (0.25, nan)
    """
    return part / whole if whole else math.nan


@lru_cache(maxsize=4_096)
def group_key(group: str, zone: str) -> str:
    """The group as the score table spells it; ``zone`` is empty for the whole area.

    >>> group_key("all", "luzon_strait"), group_key("all", "")
    ('all@luzon_strait', 'all')
    """
    return f"{group}@{zone}" if zone else group


@lru_cache(maxsize=4_096)
def metric_key(stem: str, picture: str, label: str) -> str:
    """Metric name of one picture: ``stem_label``, or ``stem_organic_label`` for the organic one.

    >>> metric_key("custody_fraction", "organic", "6h"), metric_key("age", "", "mean_s")
    ('custody_fraction_organic_6h', 'age_mean_s')
    """
    return "_".join(part for part in (stem, picture, label) if part)
