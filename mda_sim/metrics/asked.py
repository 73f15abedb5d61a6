"""Which figures are asked for, where not all of them are, and which metrics there are to ask for.

Model: metrics come in families, each made by one piece of code: custody, age, awareness and area coverage of
the whole picture, the organic one or (where the scenario names programmes) the licensed one; corridors; gaps
and accesses of probes; what is findable, position errors, contacts not matched to AIS; holdings; the gap
split with its causes; latency; reach; exposure. ``known_metrics`` lists every name with its
family and the groups that it has. ``Asked`` tells the scoring code what it may leave out; what it makes is
the same to the bit, since a figure of one group and zone depends on no other.

Assumptions and limits: figures of the phases of events, of tracks, and of the agreement of two pictures
cannot be asked for alone.
Where next: ``scores.asked_rows`` scores what is asked; ``study.value`` asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.metrics import age, incidence, latency
from mda_sim.metrics.figures import Figure, metric_key
from mda_sim.metrics.gap_causes import CAUSE_METRICS
from mda_sim.metrics.gap_split import Answer, window_s
from mda_sim.metrics.groups import AIS_GROUPS, Members
from mda_sim.metrics.probe_contacts import AT_LEAST
from mda_sim.metrics.spec import Endpoint, MetricsSpec, age_label
from mda_sim.records import Gate, Outcome

ORGANIC: Final = "organic"
"""Word in the names of metrics of the organic picture."""

LICENSED: Final = "licensed"
"""Word in the names of metrics of the picture of own sensors and those of providers and organisations."""

PROBE_METRICS: Final = (
    "revisit_mean_s",
    "revisit_max_s",
    "time_average_gap_s",
    "response_mean_s",
    "area_seen_fraction",
    "area_contact_mean_fraction",
    "area_contact_min_fraction",
    "area_contact_max_fraction",
    "access_mean_count",
    "access_count",
    "access_duration_mean_s",
    "access_duration_max_s",
)
"""Figures of contacts of probes that have no age in their name."""

_OF_VESSELS: Final = (*AIS_GROUPS, "class:", "flag:", "bound:")
_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "custody": _OF_VESSELS,
    "age": _OF_VESSELS,
    "awareness": _OF_VESSELS,
    "findable": _OF_VESSELS,
    "position": _OF_VESSELS,
    "not_matched": ("not_broadcasting", "not_broadcasting_foreign", "class:", "flag:", "bound:"),
    "split": _OF_VESSELS,
    "area": ("all",),
    "probes": ("all",),
    "corridors": ("corridor:",),
    "holdings": ("all",),
    "latency": ("all", "from:"),
    "reach": ("all", "to:"),
    "exposure": ("all", "stripped", "level:", "node:"),
}
"""Groups of each family; those that end in a colon are followed by a name."""

_WITHOUT_ZONES: Final = frozenset({"corridors", "holdings", "latency", "reach", "exposure"})

_BETTER: Final = (
    "custody_",
    "awareness_fraction",
    "awareness_at_entry",
    "awareness_received",
    "awareness_organic_at_entry",
    "awareness_organic_received",
    "area_coverage",
    "corridor_custody",
    "corridor_held",
    "gap_held",
    "onward_",
)
"""Beginnings of the names of metrics that are the better the higher they are."""


class KnownMetric(NamedTuple):
    """A metric that can be asked for."""

    family: str
    """Which piece of code makes it."""
    picture: str = ""
    """Of which picture it is: the whole one (''), the organic or the licensed one."""
    organic: str = ""
    """The same of the organic picture; empty if there is none."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Its groups; those that end in a colon are followed by a name."""
        return _GROUPS[self.family]

    @property
    def has_zones(self) -> bool:
        """Whether there are figures of it in zones."""
        return self.family not in _WITHOUT_ZONES


def known_metrics(spec: MetricsSpec) -> dict[str, KnownMetric]:
    """Every metric that can be asked for, by name; figures of events are not among them."""
    found: dict[str, KnownMetric] = {"scored_time_h": KnownMetric("custody")}
    for family, stem, label in _of_pictures(spec):
        organic = metric_key(stem, ORGANIC, label)
        found[metric_key(stem, "", label)] = KnownMetric(family, "", organic)
        found[organic] = KnownMetric(family, ORGANIC)
        if spec.programmes and family == "custody":
            found[metric_key(stem, LICENSED, label)] = KnownMetric(family, LICENSED)
    if spec.corridors:
        found |= {name: KnownMetric("corridors") for name in ("corridor_lane_m", "corridor_near_h")}
    for family, names in _of_nodes(spec).items():
        found |= {name: KnownMetric(family) for name in names}
    return found


def is_better_higher(metric: str) -> bool:
    """Whether more of a metric is better: custody, awareness, coverage, reach; not ages, gaps or counts."""
    return metric.startswith(_BETTER)


def _of_pictures(spec: MetricsSpec) -> Iterable[tuple[str, str, str]]:
    """Family, stem and label of all metrics that there are of the whole and of the organic picture."""
    ages = [age_label(age_s) for age_s in spec.custody_age_s]
    for stem in ("custody_fraction", "custody_timely", "custody_held_h"):
        yield from (("custody", stem, label) for label in ages)
    labels = ("mean_s", "never_fraction", "peak_mean_s", *(label for label, _ in age.QUANTILES))
    yield from (("age", "age", label) for label in labels)
    labels = ("at_entry_fraction", "received_count", "left_count")
    yield from (("awareness", "awareness", label) for label in labels)
    horizons = [age_label(horizon_s) for horizon_s in incidence.HORIZONS_S]
    yield from (("awareness", "awareness_fraction", label) for label in horizons)
    yield from (("area", "area_coverage_fraction", label) for label in ages)
    yield from (("findable", stem, "") for stem in ("findable_fraction", "findable_h"))
    horizons = [age_label(horizon_s) for horizon_s in incidence.HORIZONS_S]
    yield from (("not_matched", "not_matched_fraction", label) for label in horizons)
    yield from (("not_matched", "not_matched", label) for label in ("p50_s", "received_count", "ended_count"))
    if spec.corridors:
        for stem in ("unobserved_mean_m", "unobserved_max_m", "custody_fraction", "held_h"):
            yield from (("corridors", f"corridor_{stem}", label) for label in ages)


def _of_nodes(spec: MetricsSpec) -> dict[str, list[str]]:
    """Names by family of the metrics that there are of a node or nation only."""
    ages = [age_label(age_s) for age_s in spec.custody_age_s]
    window = age_label(window_s(spec.custody_age_s))
    stats = [f"{what}_{stat}" for what in ("error", "off", "bound") for stat in ("rms_m", "p50_m", "p90_m")]
    stages = [f"stage_{name}_mean_s" for name in latency.STAGE_NAMES]
    quantiles = [f"latency_{label}" for label, _ in latency.QUANTILES]
    outcomes = [f"outcome_{kind.name.lower()}_count" for kind in Outcome]
    gates = [f"gate_{str(gate.name).lower()}_count" for gate in Gate]
    return {
        "position": [f"position_{stat}_{window}" for stat in stats],
        "probes": [
            *PROBE_METRICS,
            *(f"area_seen_fraction_{label}" for label in ages),
            *(f"area_held_by_{n}_fraction_{label}" for n in AT_LEAST for label in ages),
        ],
        "holdings": [f"holdings_{way}_count" for way in ("feed", "link", "group", "purged")],
        "split": [*(f"gap_{answer.name.lower()}_fraction" for answer in Answer), *CAUSE_METRICS],
        "latency": [
            *quantiles,
            "latency_mean_s",
            *stages,
            *outcomes,
            *gates,
            "no_route_permitted_count",
        ],
        "reach": ["onward_fraction", "onward_nations_count"],
        "exposure": ["exposure_count", "exposure_mean_count"],
    }


@dataclass(frozen=True)
class Asked:
    """Figures that are asked for: endpoints of some nations. ``EVERYTHING`` asks for all there are."""

    metrics: Mapping[str, KnownMetric]
    """``known_metrics`` of the scenario."""
    endpoints: frozenset[tuple[str, str]] | None = None
    """Metric and group (``<group>`` or ``<group>@<zone>``) of each; None: all."""
    nations: frozenset[str] | None = None
    """Whose; None: of all nations."""

    @classmethod
    def of(
        cls, spec: MetricsSpec, endpoints: Sequence[Endpoint], nations: Iterable[str] | None = None
    ) -> Asked:
        """These endpoints of these nations (None: all); KeyError for a metric that is not known."""
        known = known_metrics(spec)
        used = {endpoint.metric: known[endpoint.metric] for endpoint in endpoints}
        keys = frozenset((endpoint.metric, endpoint.key) for endpoint in endpoints)
        return cls(used, keys, None if nations is None else frozenset(nations))

    @cached_property
    def _families(self) -> frozenset[tuple[str, str]]:
        return frozenset((metric.family, metric.picture) for metric in self.metrics.values())

    @cached_property
    def _groups(self) -> Mapping[str, frozenset[str]]:
        """Groups asked for in each zone."""
        found: dict[str, set[str]] = {}
        for _, key in self.endpoints or ():
            group, _, zone = key.partition("@")
            found.setdefault(zone, set()).add(group)
        return {zone: frozenset(groups) for zone, groups in found.items()}

    @property
    def is_everything(self) -> bool:
        """Whether nothing may be left out."""
        return self.endpoints is None

    @property
    def key(self) -> str:
        """What tells it from another one, for what is kept of it."""
        return "" if self.endpoints is None else repr(sorted(self.endpoints))

    def has(self, *families: str, picture: str = "") -> bool:
        """Whether anything of these families is asked for, of one picture."""
        return self.endpoints is None or any((family, picture) in self._families for family in families)

    def has_metric(self, *metrics: str) -> bool:
        """Whether any of these metrics is asked for."""
        return self.endpoints is None or any(name in self.metrics for name in metrics)

    def of_nation(self, nation: str) -> bool:
        """Whether anything of a nation is asked for."""
        return self.nations is None or nation in self.nations

    def in_zone(self, zone: str) -> bool:
        """Whether anything in a zone, or in the whole area (''), is asked for."""
        return self.endpoints is None or zone in self._groups

    def members(self, zone: str, members: Mapping[str, NDArray[np.bool_]]) -> Mapping[str, NDArray[np.bool_]]:
        """Those of the groups that are asked for in a zone."""
        if self.endpoints is None:
            return members
        groups = self._groups.get(zone, frozenset())
        return Members.of(members).only(name for name in members if name in groups)

    def kept(self, figures: Sequence[Figure]) -> list[Figure]:
        """Those of the figures that are asked for."""
        if self.endpoints is None:
            return list(figures)
        return [figure for figure in figures if (figure.metric, figure.group) in self.endpoints]


EVERYTHING: Final = Asked({})
"""Asks for all figures."""
