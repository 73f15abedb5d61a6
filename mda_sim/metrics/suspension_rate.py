"""What events at a given rate cost in the long run, from what one of them was measured to cost.

Model: an event begins at the constant rate r while none is in progress, lasts D in the mean, and costs L of
custody (time x share, what lingers after its end included). One cycle is the time to the next event and the
event, 1 / r + D in the mean, and each cycle costs L in the mean; so by the renewal reward theorem custody is

    c0 - L / (1 / r + D) = c0 - r L / (1 + r D)

in the long run, with c0 that without events.

Assumptions and limits: c0, L and D are means over the seeds of one scenario with one event. Events are alike
and independent, do not depend on what else happens, and custody has recovered before the next begins: where
r times the time to recover is not small, the cost is overstated. Rates are not known: no count of suspensions
of such agreements was found, so a table over rates is all that can be said.
Source: S. M. Ross, "Introduction to Probability Models", chapter on renewal theory, renewal reward processes
(general knowledge, edition not consulted). Where next: ``report`` tables it for scenarios with events.
"""

from __future__ import annotations

from typing import Final

RATES_PER_YEAR: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 12.0)
"""Rates for which tables are made [1/year]."""

YEAR_S: Final = 365.25 * 86_400.0
"""Julian year [s]."""


def long_run_custody(before: float, lost_s: float, lasts_s: float, rate_per_year: float) -> float:
    """Custody in the long run under events at a rate; NaN if any of the measured figures is.

    Parameters
    ----------
    before : custody without events, in [0, 1]
    lost_s : time in custody that one event costs in the mean [s]
    lasts_s : how long one lasts in the mean [s]
    rate_per_year : events a year while none is in progress, at least 0 [1/year]

    >>> long_run_custody(0.5, 0.0, 3600.0, 12.0)
    0.5
    >>> round(long_run_custody(0.6, 0.2 * YEAR_S, YEAR_S, 1.0), 3)  # half the time at 0.4
    0.5
    """
    rate_hz = rate_per_year / YEAR_S
    return before - rate_hz * lost_s / (1.0 + rate_hz * lasts_s)
