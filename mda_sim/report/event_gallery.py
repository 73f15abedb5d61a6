"""Which charts over time a run has, and the tables behind each.

Model: where any configuration has events, ``charts/custody_over_time.png`` shows the scored time day by day,
and ``charts/event_<id>.png`` the days about each event that comes in any seed, for all configurations.

Assumptions and limits: seeds in which an event does not come are left out of its chart. Events at random
times are shaded in their own charts alone.
Where next: ``gallery`` draws them with the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US, US_PER_DAY
from mda_sim.report.event_charts import Followed, Span, daily, event_span, over_time_chart
from mda_sim.report.words import event_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mda_sim.scenario import Scenario
    from mda_sim.sharing.happenings import DrawnEvent

OVERVIEW: Final = "charts/custody_over_time.png"


@dataclass(frozen=True)
class TimelineCharts:
    """The charts over time of one run."""

    scenario: Scenario
    over_time: Callable[[str], Sequence[Table]]
    """OVER_TIME tables of one configuration, one per seed in order; none without events."""
    drawn: Callable[[str], Sequence[Sequence[DrawnEvent]]]
    """Events of one configuration, seed by seed in order."""
    nations: Sequence[str]
    """Nations whose pictures are shown."""
    followed: Followed
    """Which vessels' custody is shown, at which age."""

    def names(self) -> list[str]:
        """Paths of the charts below the output folder; none without events."""
        if not any(sharing.events for sharing in self.scenario.arrangements.values()):
            return []
        return [OVERVIEW, *(f"charts/event_{id_}.png" for id_ in self._events)]

    def figure(self, name: str) -> Figure:
        """One of the charts; KeyError if there is no such one."""
        if name not in self.names():
            raise KeyError(name)
        if name == OVERVIEW:
            return self._overview()
        return self._about(name.removeprefix("charts/event_").removesuffix(".png"))

    @cached_property
    def _order(self) -> list[str]:
        """Configurations, the baseline first."""
        baseline = self.scenario.baseline
        return [baseline, *sorted(name for name in self.scenario.arrangements if name != baseline)]

    @cached_property
    def _events(self) -> dict[str, dict[int, DrawnEvent]]:
        """Each event that comes in any seed, by id: the number of the seed and when it comes there."""
        found: dict[str, dict[int, DrawnEvent]] = {}
        for name in self._order:
            for number, events in enumerate(self.drawn(name)):
                for event in events:
                    if event.happens:
                        found.setdefault(event.id, {}).setdefault(number, event)
        return dict(sorted(found.items()))

    def _overview(self) -> Figure:
        score_from_us = self.scenario.timeline.score_from_us
        spans = [
            Span(self._name(id_), _days(event.begin_us - score_from_us), _days(event.end_us - score_from_us))
            for id_, by_seed in self._events.items()
            for event in [next(iter(by_seed.values()))]
            if len({(one.begin_us, one.end_us) for one in by_seed.values()}) == 1
            and len(by_seed) == len(self.scenario.seeds)
        ]
        origins = dict.fromkeys(range(len(self.scenario.seeds)), score_from_us)
        return self._chart("Custody over time", origins, spans, "days since the start of scoring")

    def _about(self, id_: str) -> Figure:
        by_seed, name = self._events[id_], self._name(id_)
        span = event_span([(name, event.begin_us, event.end_us) for event in by_seed.values()])
        origins = {number: event.begin_us for number, event in by_seed.items()}
        return self._chart(f"Custody about {name}", origins, [span], "days since its beginning")

    def _name(self, id_: str) -> str:
        """The name of an event; its id in words where configurations name it differently."""
        events = (sharing.events.get(id_) for sharing in self.scenario.arrangements.values())
        names = {event.name for event in events if event is not None}
        return names.pop() if len(names) == 1 and "" not in names else event_words(id_)

    def _chart(self, title: str, origins: dict[int, int], spans: Sequence[Span], x_words: str) -> Figure:
        """``origins``: from where days are counted, by number of the seed [us]."""
        courses = {}
        for name in self._order:
            tables, from_us = self.over_time(name), list(origins.values())
            courses[name] = {
                nation: daily((tables[seed] for seed in origins), from_us, nation, self.followed)
                for nation in self.nations
            }
        zones = {id_: zone.name for id_, zone in self.scenario.spec.metrics.zones.items()}
        return over_time_chart(title, courses, self.nations, spans, self.followed, zones, x_words=x_words)


def _days(t_us: int) -> float:
    return float("inf") if t_us >= NEVER_US // 2 else t_us / US_PER_DAY
