"""Gaps between contacts of a fixed place: how often it is looked at, and how long an event there waits.

Model: within a window of length T the place is in contact during some intervals (instants for images); what
is left are gaps g. An event at a uniformly random instant waits until the next contact: the **mean
response** is sum(g^2) / 2T, zero while in contact; the **time-average gap**, the gap length found at a
random instant, is sum(g^2) / T; the **mean gap** is sum(g) / number, the mean revisit time. Gaps of 5, 10
and 15 in 100 give a time-average gap of 3.5 and a mean response of 1.75.

Boundary rule: the edges of the window count as contacts, so a gap cut by an edge, and that of a place never
seen (g = T), are lower bounds.

Source: J. R. Wertz, W. J. Larson (eds), "Space Mission Analysis and Design", 3rd ed., 1999, section 7.2,
Earth coverage (figures of merit of coverage: gap, time average gap, response time). Where next:
``coverage.py``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def time_average_gap(gaps: ArrayLike, whole: float) -> float:
    """Mean gap at a random instant of a window of length ``whole`` > 0, in the unit of ``gaps``.

    >>> time_average_gap([5, 10, 15], 100)
    3.5
    """
    lengths = np.asarray(gaps, np.float64)
    return float((lengths * lengths).sum()) / whole


def mean_response_s(gaps_s: ArrayLike, whole_s: float) -> float:
    """Mean wait from a random instant of a window of ``whole_s`` > 0 to the next contact [s].

    >>> mean_response_s([5, 10, 15], 100)
    1.75
    """
    return time_average_gap(gaps_s, whole_s) / 2.0


def mean_gap_s(gaps_s: ArrayLike) -> float:
    """Mean length of the gaps [s]; 0 where there is none, which is permanent contact.

    >>> mean_gap_s([5, 10, 15])
    10.0
    """
    lengths = np.asarray(gaps_s, np.float64)
    return float(lengths.sum()) / len(lengths) if len(lengths) else 0.0


def max_gap(gaps: ArrayLike) -> float:
    """Longest gap, in the unit of ``gaps``; 0 where there is none.

    >>> max_gap([5, 10, 15])
    15.0
    """
    lengths = np.asarray(gaps, np.float64)
    return float(lengths.max()) if len(lengths) else 0.0
