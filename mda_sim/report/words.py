"""Numbers and names of figures as people read them.

Shares are printed in per cent and their differences in percentage points, times in the unit that keeps them
between 1 and 100, lengths in km, undefined values as a dash, infinite ones as ``never``: nothing was
received that would bound them. Where room is short, a value is followed by its paired difference and half
the width of the 95 % interval, both in the unit of the value: ``31.8 % +17.5 ±0.4``. Intervals are symmetric
about the mean, so this says as much as both ends.

Where next: ``tables``, ``answer`` and ``charts``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mda_sim.report.text import plain

DASH: Final = "–"
NO_CHANGE: Final = "no change"

ZONES_NOTE: Final = "Zones are illustrative and take no position on claims."
"""What stands wherever zones are named or drawn."""

#: What a category of sensors at a place is called.
CATEGORY_WORDS: Final = {"radar": "radar ashore", "ais": "AIS receiver", "sar": "satellite radar"}

#: What a category of sensors in orbit is called.
ORBIT_WORDS: Final = {
    "sar": "satellite radar",
    "optical": "optical satellite",
    "night_light": "night-light satellite",
    "rf": "satellite that locates emitters",
    "ais": "AIS satellite",
}

#: What a category of sensors aboard a platform is called.
ABOARD_WORDS: Final = {"radar": "radar aboard", "ais": "AIS receiver aboard"}

_METRICS: Final = {
    "custody_fraction": "custody",
    "custody_timely": "timely custody",
    "custody_fraction_organic": "custody, own sensors only",
    "custody_fraction_licensed": "custody, own and licensed sensors",
    "awareness_fraction": "aware within",
    "awareness_fraction_organic": "aware, own sensors only, within",
    "awareness_at_entry_fraction": "aware at entry",
    "area_coverage_fraction": "area in custody",
    "area_coverage_fraction_organic": "area in custody, own sensors only",
    "area_seen_fraction": "area seen within",
    "area_contact_mean_fraction": "area in contact, mean",
    "area_contact_min_fraction": "area in contact, least at a full hour",
    "area_contact_max_fraction": "area in contact, most at a full hour",
    "area_held_by_1_fraction": "area held by a sensor",
    "area_held_by_2_fraction": "area held by two sensors",
    "area_held_by_3_fraction": "area held by three sensors",
    "access_mean_count": "accesses per probe",
    "access_count": "accesses of all probes",
    "access_duration_mean_s": "mean length of an access",
    "access_duration_max_s": "longest access",
    "revisit_mean_s": "gap between contacts, mean",
    "revisit_max_s": "longest gap between contacts, mean over the area",
    "time_average_gap_s": "gap found at a random moment",
    "response_mean_s": "wait for the next contact",
    "findable_fraction": "findable",
    "findable_fraction_organic": "findable, own sensors only",
    "findable_h": "vessel-hours findable",
    "findable_h_organic": "vessel-hours findable, own sensors only",
    "position_error_rms_m": "error when observed, rms,",
    "position_error_p50_m": "error when observed, median,",
    "position_error_p90_m": "error when observed, 90th percentile,",
    "position_off_rms_m": "distance from the truth, rms,",
    "position_off_p50_m": "distance from the truth, median,",
    "position_off_p90_m": "distance from the truth, 90th percentile,",
    "position_bound_rms_m": "bound on it, rms,",
    "position_bound_p50_m": "bound on it, median,",
    "position_bound_p90_m": "bound on it, 90th percentile,",
    "not_matched_fraction": "contact not matched to AIS within",
    "not_matched_fraction_organic": "contact not matched to AIS, own sensors only, within",
    "not_matched_p50_s": "time to a contact not matched to AIS, median",
    "not_matched_received_count": "silent stays with a contact not matched to AIS",
    "not_matched_ended_count": "silent stays that ended without one",
    "agreement_both_fraction": "held by both",
    "agreement_first_only_fraction": "held by the first alone",
    "agreement_second_only_fraction": "held by the second alone",
    "agreement_neither_fraction": "held by neither",
    "agreement_jaccard": "held by both of what either holds",
    "agreement_same_report_fraction": "of what both hold, by the same report",
    "agreement_both_h": "vessel-hours held by both",
    "agreement_either_h": "vessel-hours held by either",
    "corridor_unobserved_mean_m": "longest unobserved stretch, mean,",
    "corridor_unobserved_max_m": "longest unobserved stretch, greatest,",
    "corridor_custody_fraction": "custody of silent vessels near ships",
    "corridor_lane_m": "length of the lane",
    "corridor_near_h": "vessel-hours of silent vessels near ships",
    "age_mean_s": "mean age (capped)",
    "age_p50_s": "median age",
    "age_p90_s": "90th percentile of age",
    "age_never_fraction": "never seen",
    "latency_mean_s": "latency, mean",
    "latency_p50_s": "latency, median",
    "latency_p90_s": "latency, 90th percentile",
    "latency_p95_s": "latency, 95th percentile",
    "siap_completeness": "vessels with a track (SIAP completeness)",
    "siap_ambiguity": "tracks per vessel tracked (SIAP ambiguity)",
    "siap_spuriousness": "tracks of no vessel (SIAP spuriousness)",
    "siap_position_error_m": "mean error of a track (SIAP accuracy)",
    "siap_changes_per_h": "track number changes an hour tracked (SIAP)",
    "siap_longest_segment_fraction": "longest track segment (SIAP)",
    "siap_changes": "track number changes",
    "siap_tracked_h": "vessel-hours tracked",
    "ospa_m": "OSPA",
    "gospa_m": "GOSPA",
    "gospa_localisation_m": "GOSPA, part of errors of tracks",
    "gospa_missed_m": "GOSPA, part of vessels missed",
    "gospa_false_m": "GOSPA, part of false tracks",
}
#: Stages in the order in which a report goes through them.
STAGE_WORDS: Final = {
    "product": "sensor product",
    "feed": "feed to the centre",
    "case_forming": "case forming",
    "desk_wait": "wait for the desk",
    "review": "review",
    "elapsed": "release delay",
    "consent": "consent",
    "link_wait": "wait for the link",
    "transmission": "transmission",
    "relay": "relay",
}
#: Parts of the gap split in the order in which they are asked.
GAP_WORDS: Final = {
    "held": "held",
    "quality": "too imprecise",
    "latency": "not yet arrived",
    "capacity": "expired or lost",
    "no_link": "no link",
    "choice": "not sent by choice",
    "policy": "refused by a rule",
    "sensing": "seen by nobody",
}
#: Gates in the order in which they are asked, as what refuses.
GATE_WORDS: Final = {
    "in_force": "no agreement in force",
    "scope": "outside the agreement's scope",
    "ceiling": "above its ceiling",
    "accreditation": "link or centre not accredited",
    "release": "not released to a third party",
}
#: Rungs of the ladder of gates and delays, after the configuration itself.
RUNG_WORDS: Final = {"gates_open": "gates open", "no_delays": "no delays besides"}
_GROUPS: Final = {
    "all": "all vessels",
    "broadcasting": "broadcasting",
    "not_broadcasting": "not broadcasting",
    "not_broadcasting_foreign": "not broadcasting, not own flag",
    "stripped": "with their source stripped",
}
_EVENT_METRICS: Final = {
    "custody_before": "custody{age} before {event}",
    "custody_during": "custody{age} during {event}",
    "custody_after": "custody{age} after {event}",
    "custody_since": "time in custody{age} since {event} began",
    "custody_lost": "time in custody{age} lost to {event}",
    "recovery": "recovery of custody{age} from {event}",
    "event_scored": "scored time of {event}",
}
_EVENT: Final = re.compile(
    r"^(?P<stem>[a-z_]+?)(?:_(?P<age>[0-9.]+(?:h|min|s)))?(?:_s)?\.(?P<event>[a-z0-9_]+)$"
)
_CAUSE: Final = re.compile(r"^gap_(?P<answer>latency|policy)_(?P<what>[a-z_]+)_fraction$")
_AGE_LABEL: Final = re.compile(r"^(?P<stem>[a-z0-9_]+)_(?P<age>[0-9.]+)(?P<unit>h|min|s)$")


def metric_words(metric: str) -> str:
    """A metric's name for people.

    >>> metric_words("custody_fraction_6h"), metric_words("latency_p50_s")
    ('custody 6 h', 'latency, median')
    >>> metric_words("gap_policy_ceiling_sole_fraction")
    'refused by a rule, alone: above its ceiling'
    >>> metric_words("recovery_90min_s.crisis")
    'recovery of custody 90 min from the event "crisis"'
    """
    if metric in _METRICS:
        return _METRICS[metric]
    if (event := _EVENT.match(metric)) and event["stem"] in _EVENT_METRICS:
        age = f" {age_words(event['age'])}" if event["age"] else ""
        return _EVENT_METRICS[event["stem"]].format(age=age, event=event_words(event["event"]))
    if (part := metric.removeprefix("gap_").removesuffix("_fraction")) in GAP_WORDS:
        return GAP_WORDS[part] if part == "held" else f"not held: {GAP_WORDS[part]}"
    if (cause := _cause_words(metric)) is not None:
        return cause
    match = _AGE_LABEL.match(metric)
    if match and match["stem"] in _METRICS:
        return f"{_METRICS[match['stem']]} {match['age']} {match['unit']}"
    return plain(metric.replace("_", " "))


def _cause_words(metric: str) -> str | None:
    """A figure of what stands behind an answer of the gap split, for people; None if it is another."""
    match = _CAUSE.match(metric)
    if match is None:
        return None
    what, refused = match["what"], GAP_WORDS["policy"]
    if match["answer"] == "latency":
        return f"{GAP_WORDS['latency']}: {STAGE_WORDS[what]}" if what in STAGE_WORDS else None
    if what in ("joint", "purged"):
        return f"{refused}: {'by several gates' if what == 'joint' else 'had to be destroyed'}"
    gate, _, kind = what.rpartition("_")
    if gate not in GATE_WORDS or kind not in ("sole", "any"):
        return None
    return f"{refused}{', alone' if kind == 'sole' else ', alone or with others'}: {GATE_WORDS[gate]}"


def event_words(event: str) -> str:
    """An event's id for people.

    >>> event_words("crisis_of_trust")
    'the event "crisis of trust"'
    """
    return plain(f'the event "{event.replace("_", " ")}"')


def group_words(group: str, zones: Mapping[str, str] | None = None) -> str:
    """A group's name for people; ``zones`` gives the names of zones by id.

    >>> group_words("class:container@luzon", {"luzon": "Luzon Strait"})
    'container vessels, Luzon Strait'
    >>> group_words("with:PHL:not_broadcasting")
    'with PHL, not broadcasting'
    """
    kind, _, zone = group.partition("@")
    head, _, what = kind.partition(":")
    if head == "class":
        words = f"{what.replace('_', ' ')} vessels"
    elif head == "flag":
        words = f"flag {what}"
    elif head == "corridor":
        words = f"along {what.replace('_', ' ')}"
    elif head == "bound":
        words = f"bound for {what}"
    elif head == "with":
        other, _, state = what.partition(":")
        words = f"with {other}, {_GROUPS.get(state or 'all', state)}"
    elif head in ("from", "to"):
        words = f"{head} {what}"
    elif head == "level":
        words = f"as {what.replace('_', ' ')}"
    elif head == "node":
        words = f"at {what}"
    else:
        words = _GROUPS.get(kind, kind.replace("_", " "))
    place = (zones or {}).get(zone, zone)
    return plain(f"{words}, {place}" if zone else words)


def value_words(entry: Mapping[str, Any] | None) -> str:
    """The mean of a summary entry with its unit.

    >>> value_words({"mean": 0.1234, "n": 4, "unit": "1"}), value_words({"mean": 5400.0, "n": 4, "unit": "s"})
    ('12.3 %', '1.50 h')
    """
    if entry is None:
        return DASH
    if entry["mean"] is None:
        return "never" if entry.get("n_infinite") else DASH
    mean = float(entry["mean"])
    scale, digits, name = _scale([mean], str(entry["unit"]), signed=False)
    return f"{mean * scale:,.{digits}f}{name}"


def difference_words(entry: Mapping[str, Any] | None) -> str:
    """The paired difference of a summary entry with its interval.

    >>> difference_words({"unit": "1", "difference": {"mean": 0.05, "low": 0.04, "high": 0.06, "n": 4}})
    '+5.0 pp [+4.0, +6.0]'
    """
    if entry is None or "difference" not in entry:
        return DASH
    difference, unit = entry["difference"], str(entry["unit"])
    if difference["mean"] is None:
        return DASH
    if is_no_change(difference):
        return NO_CHANGE
    ends = [float(difference[end]) for end in ("mean", "low", "high") if difference[end] is not None]
    scale, digits, name = _scale(ends, unit, signed=True)
    mean, *interval = (_signed(end * scale, digits) for end in ends)
    return f"{mean}{name} [{', '.join(interval)}]" if interval else f"{mean}{name}"


def compact_words(entry: Mapping[str, Any] | None) -> str:
    """Value, paired difference and half the width of its interval, all in the unit of the value.

    A time whose difference is large beside it has the difference in a unit of its own, which is named.

    >>> compact_words({"mean": 0.3, "unit": "1", "difference": {"mean": 0.05, "low": 0.04, "high": 0.06}})
    '30.0 % +5.0 ±1.0'
    """
    value = value_words(entry)
    if entry is None or "difference" not in entry:
        return value
    difference, unit = entry["difference"], str(entry["unit"])
    if difference["mean"] is None or entry["mean"] is None:
        return value if value == DASH else f"{value} {DASH}"
    if is_no_change(difference):
        return f"{value} {NO_CHANGE}"
    mean = float(difference["mean"])
    half = None if difference["high"] is None else float(difference["high"]) - mean
    largest = max(abs(mean), half or 0.0)
    if unit == "1":
        scale, digits = 100.0, 2 if largest < 0.01 else 1
    elif unit == "s":
        return f"{value} {_time_difference(mean, half, float(entry['mean']))}"
    elif unit == "m":
        scale, digits = 1e-3, 1 if largest < 1e5 else 0
    else:
        scale, digits = 1.0, 0
    words = f"{value} {_signed(mean * scale, digits)}"
    return words if half is None else f"{words} ±{half * scale:,.{digits}f}"


def is_no_change(difference: Mapping[str, Any]) -> bool:
    """Whether a difference is zero in every seed."""
    return difference["mean"] == 0 and difference["low"] in (0, None) and difference["high"] in (0, None)


def age_words(label: str) -> str:
    """An age label for people.

    >>> age_words("24h"), age_words("90min")
    ('24 h', '90 min')
    """
    match = re.fullmatch(r"([0-9.]+)([a-z]+)", label)
    return f"{match[1]} {match[2]}" if match else plain(label)


def time_unit(seconds: float) -> tuple[float, str]:
    """The factor and name of the unit in which a time reads best."""
    size = abs(seconds)
    for limit, factor, name in ((120.0, 1.0, "s"), (5400.0, 1 / 60, "min"), (172_800.0, 1 / 3600, "h")):
        if size < limit:
            return factor, name
    return 1 / 86_400, "d"


def _scale(values: Sequence[float], unit: str, *, signed: bool) -> tuple[float, int, str]:
    """Factor, number of decimals and unit for values that are printed side by side."""
    largest = max(abs(value) for value in values)
    if unit == "1":
        return 100.0, 2 if signed and largest < 0.01 else 1, " pp" if signed else " %"
    if unit == "s":
        factor, name = time_unit(abs(values[0]))
        return factor, 2 if largest * factor < 10 else 1, f" {name}"
    if unit == "m":
        return 1e-3, 1 if largest < 1e5 else 0, " km"
    return 1.0, 0, "" if unit == "count" else f" {unit}"


def _time_difference(mean_s: float, half_s: float | None, value_s: float) -> str:
    """A difference of times and half its interval, in the unit of the value unless that makes it long."""
    factor, unit = time_unit(value_s)
    name = ""
    if abs(mean_s) * factor >= 1000:
        factor, unit = time_unit(mean_s)
        name = f" {unit}"
    largest = max(abs(mean_s), half_s or 0.0) * factor
    digits = 0 if largest >= 100 else 1 if largest >= 10 or unit == "min" else 2
    words = f"{_signed(mean_s * factor, digits)}{name}"
    return words if half_s is None else f"{words} ±{half_s * factor:,.{digits}f}"


def _signed(value: float, digits: int) -> str:
    """A number with its sign; what rounds to zero has none."""
    text = f"{value:+,.{digits}f}"
    return text[1:] if not text.strip("+-0.,") else text
