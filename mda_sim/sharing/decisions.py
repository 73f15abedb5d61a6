"""Decision units: for what a willingness or a consent is decided once.

Model: a decision is drawn once for each unit of one link and category, never for each report. The unit of the
case whose window begins at t is

    case            its window itself
    category_day    floor(t / 1 day)
    episode         floor(t / lasts_s)

so all cases that begin in one unit share their luck.

Assumptions and limits: units are counted from the start of the run.
Where next: ``exchange`` draws by the unit's number, the audit draws again.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from mda_sim.core.spec import Spec
from mda_sim.core.time import to_us

DAY_S: Final = 86_400.0


class PerCase(Spec):
    """Decided anew for each case."""

    kind: Literal["case"] = "case"
    """Word that names this unit."""


class PerCategoryDay(Spec):
    """Decided once for all cases of a category that begin on one day of the run."""

    kind: Literal["category_day"]
    """Word that names this unit."""


class PerEpisode(Spec):
    """Decided once for all cases of a category that begin in one stretch of time."""

    kind: Literal["episode"]
    """Word that names this unit."""
    lasts_s: Annotated[float, Field(ge=1)]
    """Length of a stretch; the first begins with the run [s]."""


DecisionUnit = Annotated[PerCase | PerCategoryDay | PerEpisode, Field(discriminator="kind")]
"""For what a decision is drawn once."""


def unit_us(unit: PerCase | PerCategoryDay | PerEpisode, window_us: int) -> int:
    """Length of a unit for cases with windows of ``window_us`` [us]."""
    if isinstance(unit, PerCase):
        return window_us
    return to_us(DAY_S if isinstance(unit, PerCategoryDay) else unit.lasts_s)
