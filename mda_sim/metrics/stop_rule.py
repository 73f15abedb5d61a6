"""The stop rule: whether the intervals of some metrics are narrow enough to need no more seeds.

Model: a bound names a metric and the half-width h that its 95 % interval may have. Judged are the intervals
of its paired differences from the baseline, in every nation and configuration (of its means, where there is
one configuration only): of the primary endpoints of that metric, or of group ``all`` if it is none, or of the
group that the bound names. The rule is met when every one of them has a half-width of at most h. A name
without its age, such as ``custody_fraction``, stands for all ages. It is asked at ends of batches only: after
``first_batch`` seeds, then after every ``BATCH`` more.

Assumptions and limits: an interval whose seeds were counted until it became narrow enough is **optimistic**:
the rule tends to stop when the spread has come out small. Fixed-width sequential intervals reach their level
only in the limit of small h (Chow and Robbins); the least number of seeds and the batches keep the loss
small, docs/uncertainty.md has it measured. All intervals are judged one by one, not jointly. Left out, and
named, is a figure that is undefined in every seed or infinite in some: no number of seeds gives it an
interval. A figure that one seed only has is not narrow enough.

Source: Y. S. Chow, H. Robbins, "On the asymptotic theory of fixed-width sequential confidence intervals for
the mean", The Annals of Mathematical Statistics 36 (1965), pp. 457-462; A. Law, "Simulation Modeling and
Analysis", 5th edition, 2015, section 9.4.1 (sequential procedures with a minimum number of replications).
Where next: ``study.until`` runs seeds by it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from mda_sim.metrics.compare import Key, Values, interval, paired_difference
from mda_sim.metrics.gap_split import Answer
from mda_sim.metrics.groups import AIS_GROUPS
from mda_sim.metrics.incidence import HORIZONS_S
from mda_sim.metrics.spec import Endpoint, MetricsSpec, age_label

MIN_SEEDS: Final = 10
"""Never stop before this many seeds; as many as give no warning."""
BATCH: Final = 10
"""Seeds that are added at once; an assumption: fewer looks cost fewer false stops, and more seeds."""
MOST_SEEDS: Final = 200
"""Seeds at which the rule gives up unless told otherwise; an assumption."""

_AGE: Final = re.compile(r"_[0-9.]+(h|min|s)$")
_BOUND: Final = re.compile(r"(?P<metric>[a-z][a-z0-9_.]*)(@(?P<group>\S+))?:(?P<half_width>[^:\s]+)")


@dataclass(frozen=True)
class Bound:
    """How wide the intervals of a metric may be."""

    metric: str
    """Its name, or a name without its age."""
    group: str
    """The group as the score table spells it; empty for primary endpoints, or ``all``."""
    half_width: float
    """In the unit of the metric, > 0."""

    def __str__(self) -> str:
        at = f"@{self.group}" if self.group else ""
        return f"{self.metric}{at}:{self.half_width:g}"


class Width(NamedTuple):
    """How wide one interval is."""

    key: Key
    half_width: float | None
    """None where there is no interval yet."""
    n: int
    """Seeds that have the figure."""


@dataclass(frozen=True)
class Judgement:
    """What the rule says of some seeds."""

    widest: tuple[Width | None, ...]
    """For each bound the interval furthest from narrow enough; None where there is none to judge."""
    left_out: tuple[Key, ...]
    """Figures that no number of seeds gives an interval."""
    is_met: bool
    """Whether every interval is narrow enough, and there is any."""

    @property
    def is_hopeless(self) -> bool:
        """Whether some bound has nothing that could ever be judged."""
        return None in self.widest


def read_bound(text: str) -> Bound:
    """The bound that ``metric[@group]:half-width`` states; ValueError with what is wrong.

    >>> read_bound("custody_fraction_24h@class:tanker@luzon:0.01")
    Bound(metric='custody_fraction_24h', group='class:tanker@luzon', half_width=0.01)
    """
    found = _BOUND.fullmatch(text)
    if found is None:
        raise ValueError(
            f"expected METRIC[@GROUP]:HALF-WIDTH, such as custody_fraction_24h:0.01, got {text!r}"
        )
    try:
        half_width = float(found["half_width"])
    except ValueError:
        half_width = math.nan
    if not 0 < half_width < math.inf:
        raise ValueError(f"expected a half-width > 0, got {found['half_width']!r} in {text!r}")
    return Bound(found["metric"], found["group"] or "", half_width)


def first_batch(n_seeds: int) -> int:
    """How many seeds are run before the rule is asked first, of a scenario with ``n_seeds``."""
    return max(MIN_SEEDS, n_seeds)


def judge(bounds: Sequence[Bound], values: Values, baseline: str, primary: Sequence[Endpoint]) -> Judgement:
    """Whether the seeds that ``values`` has are enough."""
    widest: list[Width | None] = []
    left_out: dict[Key, None] = {}
    is_met = True
    for bound in bounds:
        found: list[Width] = []
        for key, told in _intervals(bound, values, baseline, primary):
            if not told["n"] or told.get("n_infinite"):
                left_out[key] = None
            else:
                half = None if told["low"] is None else (told["high"] - told["low"]) / 2
                found.append(Width(key, half, told["n"]))
        worst = max(found, key=_room, default=None)
        widest.append(worst)
        is_met &= worst is not None and _room(worst) <= bound.half_width
    return Judgement(tuple(widest), tuple(left_out), is_met and bool(bounds))


def figures_of(
    metric: str, group: str, primary: Iterable[Endpoint], known: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Metrics with groups that a name stands for, of those ``known``.

    ``metric`` is a name, or one without its age. Without a ``group``: those of the primary endpoints of each
    metric, or ``all`` of a metric that is none.
    """
    declared = list(primary)
    names = dict.fromkeys(name for name, _ in known if name == metric or _AGE.sub("", name) == metric)
    found = []
    for name in names:
        own = [endpoint.key for endpoint in declared if endpoint.metric == name]
        groups = [group] if group else dict.fromkeys(own or ["all"])
        found += [(name, one) for one in groups if (name, one) in known]
    return found


def known_figures(spec: MetricsSpec, *, has_probes: bool) -> dict[tuple[str, str], None]:
    """Metrics with groups that every nation with a picture has, before anything is run.

    Those of custody, awareness, age, the gap split, latency and, with probes, the area; and what the scenario
    declares.
    """
    labels = [age_label(age_s) for age_s in spec.custody_age_s]
    vessels = [f"{stem}{part}_{label}" for stem, part, label in _by_age(labels)]
    vessels += [
        f"awareness_fraction{part}_{age_label(horizon_s)}"
        for part in ("", "_organic")
        for horizon_s in HORIZONS_S
    ]
    vessels += ["age_mean_s", "age_never_fraction"]
    vessels += [f"gap_{answer.name.lower()}_fraction" for answer in Answer]
    places = ["", *(f"@{zone}" for zone in spec.zones)]
    found = [(name, group + place) for name in vessels for place in places for group in AIS_GROUPS]
    if has_probes:
        area = [f"area_coverage_fraction{part}_{label}" for part in ("", "_organic") for label in labels]
        found += [(name, "all" + place) for name in area for place in places]
    found += [(f"latency_{name}_s", "all") for name in ("mean", "p50", "p90", "p95")]
    found += [(endpoint.metric, endpoint.key) for endpoint in spec.primary]
    return dict.fromkeys(found)


def _by_age(labels: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    for stem in ("custody_fraction", "custody_timely"):
        for part in ("", "_organic"):
            for label in labels:
                yield stem, part, label


def _intervals(
    bound: Bound, values: Values, baseline: str, primary: Sequence[Endpoint]
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Every interval that a bound is about."""
    only_one = {key.configuration for key in values} == {baseline}
    known = dict.fromkeys((key.metric, key.group) for key in values)
    wanted = set(figures_of(bound.metric, bound.group, primary, known))
    for key, by_seed in sorted(values.items()):
        if (key.metric, key.group) not in wanted:
            continue
        if only_one:
            yield key, interval(tuple(by_seed.values()))
        elif key.configuration != baseline:
            yield key, paired_difference(by_seed, values.get(key._replace(configuration=baseline), {}))


def _room(width: Width) -> float:
    """Half-width, infinite where there is no interval yet."""
    return math.inf if width.half_width is None else width.half_width
