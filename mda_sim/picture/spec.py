"""The section ``picture`` of a scenario: whose contact is whose, told by the truth or worked out by the node.

Model: with ``association: truth`` a contact is laid to the vessel that made it. With ``gated`` the picture
node of each nation builds tracks from what it received (``tracks.py``), and these are scored at snapshots
beside all other figures, which stay defined by the truth.

Where next: ``tracks.py`` reads ``GatingSpec``, ``metrics.track_figures`` reads ``TrackScoringSpec``; the
scenario layer composes ``PictureSpec``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mda_sim.core.spec import Spec


class GatingSpec(Spec):
    """How a node decides which contacts are of one vessel."""

    gate_probability: Annotated[float, Field(gt=0, lt=1)] = 0.99
    """Share of the contacts of a track that its gate lets through, if its model holds. (0, 1). The default is
    of the order in use: S. Blackman, R. Popoli, "Design and Analysis of Modern Tracking Systems", 1999, ch. 6
    """
    greatest_speed_mps: Annotated[float, Field(gt=0, le=100)] = 20.0
    """No contact joins a track that it could reach only faster than this [m/s]. (0, 100] m/s; the default, 39
    knots for vessels of every class, is an assumption"""
    speed_sigma_mps: Annotated[float, Field(gt=0, le=50)] = 5.0
    """Root mean square of the east and of the north velocity of vessels [m/s]. (0, 50] m/s; the default, 14
    knots for both together, is an assumption"""
    velocity_time_s: Annotated[float, Field(gt=0, le=1e7)] = 3600.0
    """How long a velocity lasts: the time in which its correlation falls to 1/e [s]. (0, 1e7] s; the default
    is an assumption"""
    new_per_km2: Annotated[float, Field(gt=0, le=1e3)] = 1e-4
    """Density of vessels that a contact may be of and that have no track yet, false contacts among them
    [1/km2]. (0, 1000] per km2; the default is an assumption"""
    confirm_contacts: Annotated[int, Field(ge=1, le=20)] = 2
    """Contacts that make a track of a watching sensor's contacts part of the picture. 1 to 20. A contact with
    an identity, and one of an image, does so alone: no second look need follow. The default, and M of N
    initiation as such: Blackman, Popoli 1999, ch. 6"""
    confirm_within_s: Annotated[float, Field(gt=0, le=1e7)] = 1800.0
    """How long after its newest contact a track that is no part of the picture yet is given up [s]. (0, 1e7]
    s; the default, six reporting intervals of 300 s, is an assumption"""
    drop_after_s: Annotated[float, Field(gt=0, le=1e8)] = 21600.0
    """How long after its newest contact was observed a track is dropped [s]. (0, 1e8] s; the default is an
    assumption"""


class TrackScoringSpec(Spec):
    """How tracks are put beside the truth."""

    snapshot_s: Annotated[float, Field(ge=60, le=1e7)] = 3600.0
    """Time from one snapshot of tracks and truth to the next, the first at the start of the scored time [s].
    60 to 1e7 s"""
    cutoff_m: Annotated[float, Field(ge=1, le=1e6)] = 10_000.0
    """Distance c from which a track is no track of a vessel: of OSPA, GOSPA and SIAP [m]. 1 to 1,000,000 m;
    the default is that of ``metrics.error_max_m``, an assumption"""
    order: Annotated[float, Field(ge=1, le=10)] = 2.0
    """Order p of OSPA and GOSPA. 1 to 10; the default is one of those in use"""
    alpha: Annotated[float, Field(gt=0, le=2)] = 2.0
    """Parameter alpha of GOSPA. (0, 2]; only 2 has parts, and is what its authors advise: A. S. Rahmathullah,
    A. F. Garcia-Fernandez, L. Svensson, FUSION 2017, sec. III"""


class PictureSpec(Spec):
    """How nodes know whose contact is whose."""

    association: Literal["truth", "gated"] = "truth"
    """``truth``: every contact is laid to its own vessel. ``gated``: picture nodes build tracks, which are
    scored too."""
    gating: GatingSpec = GatingSpec()
    """How tracks are built, where association is gated."""
    scoring: TrackScoringSpec = TrackScoringSpec()
    """How tracks are scored, where association is gated."""

    @property
    def is_gated(self) -> bool:
        """Whether nodes build tracks."""
        return self.association == "gated"
