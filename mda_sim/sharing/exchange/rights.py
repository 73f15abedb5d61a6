"""Rights: with what a copy is held, besides its form.

Model: the agreement under which the nation received it, the consents that came with it, each until when, and
the next moment at which the agreement has it destroyed. Assumptions and limits: none.
Where next: ``holdings`` compares them, ``answers`` hands them on.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mda_sim.core.time import NEVER_US
from mda_sim.sharing.policy import OWN


class Rights(NamedTuple):
    """How the sender holds a copy."""

    under: int = OWN
    """Index of the agreement under which its nation received it, or ``OWN``."""
    consents: tuple[tuple[str, int], ...] = ()
    """Parties that the originators consented to since it was made, each with the end of that [us]."""
    purge_us: int = NEVER_US
    """Next moment at which that agreement has all holdings under it destroyed [us]."""

    def until_us(self, party: str) -> int:
        """Until when a consent for this party holds that came with the copy; 0 without any [us]."""
        return dict(self.consents).get(party, 0)

    def with_consent(self, party: str, until_us: int) -> Rights:
        """The same with one more consent, or a longer one."""
        ends = dict(self.consents)
        ends[party] = max(until_us, ends.get(party, until_us))
        return self._replace(consents=tuple(sorted(ends.items())))


OWN_RIGHTS: Final = Rights()
"""Those of the originator's nation."""
