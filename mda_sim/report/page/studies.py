"""The parts of the page that show studies of value and sensitivity.

Where next: ``assembly`` puts them into the page.
"""

from __future__ import annotations

from collections.abc import Mapping

from mda_sim.report.page.content import PageContent
from mda_sim.report.page.lead import lead_figure
from mda_sim.report.page.sensitivity_part import sensitivity_part
from mda_sim.report.page.study_parts import StudyPart
from mda_sim.report.page.value_part import value_part


def study_parts(content: PageContent, names: Mapping[str, str]) -> tuple[list[StudyPart], list[StudyPart]]:
    """The parts of value and of sensitivity, in the order in which the studies were named.

    ``names`` of nations by id.
    """
    lead, zones, summary = lead_figure(content.summary), content.zones, content.summary
    values = [
        value_part(study, number, names, zones, lead, summary["seeds"])
        for number, study in enumerate(content.values, start=1)
    ]
    sensitivities = [
        sensitivity_part(study, number, names, zones, lead, summary)
        for number, study in enumerate(content.sensitivities, start=1)
    ]
    return values, sensitivities
