"""What is measured: custody ages, the error that still counts, zones, and the primary endpoints.

Model: the definitions of the metrics are in the modules beside this one; here are only their parameters. A
custody age tau appears in metric names as a label (``6h``), made by ``age_label``.

Assumptions and limits: the defaults of 1, 6, 24 and 72 h, 10 km, 24 h, 50 km and 1 h are choices of the
analyst, not measured values; a scenario may state its own. Zones are illustrative and take no position on
claims.

Where next: ``scores.py`` measures by this; the scenario layer checks that endpoints name zones that exist.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mda_sim.core.spec import Id, IdMap, Items, NationId, Positive, Sourced, Spec
from mda_sim.geo.corridor import LaneLine
from mda_sim.geo.regions import Corridor, Region
from mda_sim.metrics.assumption import AssumptionSpec


def age_label(age_s: float) -> str:
    """The short name of an age in metric names: whole hours, else whole minutes, else seconds.

    >>> age_label(21600.0), age_label(5400.0), age_label(0.5)
    ('6h', '90min', '0.5s')
    """
    if age_s % 3600 == 0:
        return f"{age_s / 3600:.0f}h"
    if age_s % 60 == 0:
        return f"{age_s / 60:.0f}min"
    return f"{age_s:g}s"


class ZoneSpec(Spec):
    """A named part of the area that is also scored by itself."""

    name: str = Field(min_length=1)
    """Name as maps and tables print it."""
    region: Region
    """Where it is; only its part inside the scenario's area is scored."""


class CorridorSpec(LaneLine, Sourced):
    """A sea lane along which pictures are scored."""

    name: str = Field(min_length=1)
    """Name as tables print it."""
    half_width_m: Annotated[float, Field(ge=1, le=500_000)] = 18_520.0
    """How far from the lane ships still sail on it. [1, 500,000] m; the default, 10 nautical miles, is an
    assumption"""
    bound_for: NationId | None = None
    """Nation whose inbound ships are looked after; without it custody near ships is not measured."""
    near_m: Annotated[float, Field(ge=1, le=500_000)] = 37_040.0
    """How near to such a ship a vessel counts. [1, 500,000] m; the default is 20 nautical miles"""

    def region(self, wider_m: float = 0.0) -> Corridor:
        """The corridor, on either side ``wider_m`` wider."""
        return Corridor(lane=self.lane, waypoints=self.waypoints, half_width_m=self.half_width_m + wider_m)


class Endpoint(Spec):
    """One figure that the scenario declares as its answer before it is run."""

    metric: str = Field(pattern=r"^[a-z][a-z0-9_.]*$")
    """Name of a metric, such as ``custody_fraction_6h``."""
    group: str = Field(default="all", pattern=r"^[^@\s]+$")
    """Group of vessels: ``all``, ``class:<id>``, ``flag:<XXX>``, ``bound:<XXX>`` (sailing to a port of that
    nation), ``broadcasting``, ``not_broadcasting``, ``not_broadcasting_foreign`` (not transmitting and not
    flying the nation's own flag) or, for figures of a corridor, ``corridor:<id>``."""
    zone: Id | None = None
    """Zone to which the figure is confined; the whole area if none."""

    @property
    def key(self) -> str:
        """The group as the score table spells it: ``<group>`` or ``<group>@<zone>``."""
        return self.group if self.zone is None else f"{self.group}@{self.zone}"


def _distinct_ages(ages_s: tuple[float, ...]) -> tuple[float, ...]:
    if len({age_label(age_s) for age_s in ages_s}) < len(ages_s):
        raise ValueError("each custody age may appear once only")
    return tuple(sorted(ages_s))


class MetricsSpec(Spec):
    """What is measured of each nation's picture."""

    custody_age_s: Annotated[Items[Positive], Field(min_length=1), AfterValidator(_distinct_ages)] = (
        3600.0,
        21600.0,
        86400.0,
        259200.0,
    )
    """Ages tau up to which an observation keeps a vessel in custody [s]; kept in ascending order."""
    error_max_m: Positive = 10_000.0
    """Largest position error (1 sigma) of an observation that keeps a vessel in custody [m]."""
    age_cap_s: Positive = 86_400.0
    """Cap of the restricted mean age [s]."""
    search_radius_m: Positive = 50_000.0
    """Radius within which a vessel is findable: its error, grown by the top speed of its class, may reach
    that far. (0, inf) m; the default, 50 km, is an assumption"""
    ais_match_window_s: Positive = 3600.0
    """Time around a contact within which an AIS contact of the vessel matches it. (0, inf) s; the default, 1
    h, is an assumption"""
    zones: IdMap[ZoneSpec] = Field(default_factory=dict)
    """Zones that are scored by themselves, beside the whole area."""
    corridors: IdMap[CorridorSpec] = Field(default_factory=dict)
    """Sea lanes along which pictures are scored."""
    primary: Items[Endpoint] = ()
    """Primary endpoints, in the order in which they are reported; every other figure is secondary."""
    nodes: Literal["picture", "all"] | Items[Id] = "picture"
    """Nodes that are scored besides picture nodes: none (``picture``), ``all`` of nations with a picture, or
    those listed; one that a configuration does not have is not scored there."""
    programmes: IdMap[NationId] = Field(default_factory=dict)
    """Configurations that are programmes of support, each with its host; what each changes is told."""
    programme_focus: Items[NationId] = ()
    """Nations whose custody is told of every programme, beside that of its host."""
    ladder: Items[Id] = ()
    """Configurations in order, each of which adds one thing to that before it; what each adds is told."""
    assumptions: IdMap[AssumptionSpec] = Field(default_factory=dict)
    """What the answer stands on and nobody knows well: what ``mda-sim sensitivity`` moves. No run reads
    it."""
    counterfactuals: Literal["baseline"] | Items[Id] = "baseline"
    """Configurations of which it is told what gates, and then delays, hold back: the ``baseline`` alone, or
    those listed; none if the list is empty. Each is shared, audited and scored twice more."""
