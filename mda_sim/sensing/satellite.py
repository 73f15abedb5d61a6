"""Radar satellites that image from orbit: how likely a ship in an image is to be held.

Model: a ship of length L in an image (``swath``) is held with probability

    p(L) = p_max / (1 + exp(-(L - L50) / s)),    L50 = f length_50_m,    s = f length_scale_m

where f is 1 in a world without weather, and else tells how much longer a ship must be to stand out from the
sea as it does under the conditions of the fit: mean cross-sections of ships grow as L^(7/3), so that

    f = ((sigma0(sea state, incidence) + NESZ) / (sigma0(reference) + NESZ))^(3/7)

with sigma0 the reflectivity of the sea (``clutter``) and NESZ that which equals the radar's own noise. The
reference is ``reference_sea_state`` in the middle of the limits of incidence. A length that is not given
follows from the resolution by the same rule, the clutter of a cell being as large as its area:
18.5 m (resolution / 20 m)^(6/7). Ships in one square cell of ``resolution_m`` are one contact (``sweep``).

Assumptions and limits: without weather neither sea nor incidence counts. No persistent term; the ship's own
cross-section does not change with incidence. The model of the sea ends at 60 degrees of grazing, so steeper
incidence than 30 degrees counts as 30. Imaging takes no time, and the shift of moving ships in the image
(slant range times their speed along it over the satellite's speed, about 0.5 km at 10 knots) is within
``position_error_m``; a ship that moves otherwise than its neighbour appears in another cell than it, as in a
real image. A satellite that may look to both sides looks to the one that has the area, by even odds if both
have.

Source: fit of p(L) to Sentinel-1 (more than 0.70 at 25 m, more than 0.90 from 50 m, most ships under 15 m
missed: F. S. Paolo et al., "Satellite mapping reveals extensive industrial activity at sea", Nature 625,
2024, doi:10.1038/s41586-023-06825-8, as quoted by Global Fishing Watch). That smaller ships are held in less
wind, at larger incidence and at finer resolution: P. W. Vachon et al., "Ship detection by the RADARSAT SAR:
validation of detection model predictions", Canadian Journal of Remote Sensing 23(1), 1997, pp. 48-59,
abstract; the exponent 7/3 is that of the mean cross-section that paper uses (known at second hand:
assumption). Lengths: 15 % relative error, for 127 ships of 24 to 366 m in Sentinel-1 images (M. Stasolla,
H. Greidanus, "The exploitation of Sentinel-1 images for vessel size estimation", Remote Sensing Letters
7(12), 2016, doi:10.1080/2150704X.2016.1226522, abstract; that it is 1 sigma and holds for other satellites:
assumptions). Where next: ``swath`` finds images and who is in them; ``sweep`` runs the plan.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from mda_sim.core.spec import NonNegative, Positive, Probability
from mda_sim.sensing.clutter import SEA_STATE_MAX, sea_sigma0_db, sea_state_of
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.rain import Polarization
from mda_sim.sensing.swath import LEFT, RIGHT, Accesses, Floats, Imager, Ints, Look

FIT_LENGTH_M: Final = 18.5
"""Length of a ship that the Sentinel-1 of the fit holds with half of ``p_max`` (see the module). [m]"""
FIT_SCALE_M: Final = 6.0
"""How fast its probability rises with length (the same fit). [m]"""
FIT_RESOLUTION_M: Final = 20.0
"""Its resolution. [m]"""
LENGTH_EXPONENT: Final = 7.0 / 3.0
"""Power of the length that mean cross-sections of ships grow with (see the module)."""

_STEEPEST_DEG: Final = 60.0  # of grazing, that the model of the sea was fitted to
_SIDES: Final = {"right": (RIGHT,), "left": (LEFT,), "both": (RIGHT, LEFT)}


class SarSatellite(Imager):
    """One or more like radar satellites of one operator. See the module for the model and its limits."""

    kind: Literal["sar_satellite"] = "sar_satellite"
    """Kind of sensor."""
    look_side: Literal["right", "left", "both"] = "right"
    """Side of the track that it images; with 'both', one of them in each pass."""
    incidence_min_deg: Annotated[float, Field(ge=0, lt=80)]
    """Incidence at the near edge of the swath. [deg]"""
    incidence_max_deg: Annotated[float, Field(gt=0, le=80)]
    """Incidence at the far edge of the swath. [deg]"""
    resolution_m: Annotated[float, Field(ge=0.1, le=1000)] = FIT_RESOLUTION_M
    """Side of a resolution cell on the ground; ships in one cell are one contact (20 m: Sentinel-1). [m]"""
    frequency_hz: Annotated[float, Field(ge=0.5e9, le=35e9)] = 5.405e9
    """Frequency, for what the sea returns (5.405 GHz: Sentinel-1). [Hz]"""
    polarization: Polarization = "vertical"
    """Polarisation, for the same (vertical: Sentinel-1)."""
    nesz_db: Annotated[float, Field(ge=-50, le=0)] = -22.0
    """Reflectivity that equals the radar's noise (-22 dB: what Sentinel-1 was specified to). [dB]"""
    reference_sea_state: Annotated[float, Field(ge=0, le=SEA_STATE_MAX)] = 3.0
    """Sea state that the lengths hold for (3 is an assumption)."""
    p_max: Probability = 0.95
    """Probability that a very long ship is held (0.95: the fit to Sentinel-1, see the module)."""
    length_50_m: NonNegative | None = None
    """Length of a ship that is held with half of ``p_max``; None: by the resolution, see the module. [m]"""
    length_scale_m: Positive | None = None
    """How fast the probability rises with length; None: 6.0 m for 18.5 m, in proportion. [m]"""
    position_error_m: NonNegative = 300.0
    """Position error of a contact, 1 sigma: the shift of ships under way (300 m is an assumption). [m]"""
    length_error_fraction: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Error of the length that a contact tells, as a fraction of it, 1 sigma (0.15: see the module). [1]"""

    @model_validator(mode="after")
    def _is_a_swath(self) -> Self:
        if self.incidence_min_deg >= self.incidence_max_deg:
            raise ValueError(
                f"incidence_min_deg must be less than incidence_max_deg, got {self.incidence_min_deg:g} and "
                f"{self.incidence_max_deg:g}"
            )
        return self

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "sar"

    @property
    def across(self) -> Look:
        """To one side of the track, between both limits of incidence."""
        return Look(self.incidence_min_deg, self.incidence_max_deg, _SIDES[self.look_side])

    @property
    def half_length_m(self) -> float:
        """``length_50_m``, or what follows from the resolution [m]."""
        if self.length_50_m is not None:
            return self.length_50_m
        return FIT_LENGTH_M * math.pow(self.resolution_m / FIT_RESOLUTION_M, 2.0 / LENGTH_EXPONENT)

    @property
    def scale_m(self) -> float:
        """``length_scale_m``, or what follows from ``half_length_m`` [m]."""
        if self.length_scale_m is not None:
            return self.length_scale_m
        return max(FIT_SCALE_M * self.half_length_m / FIT_LENGTH_M, 0.01)

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma [m]."""
        return self.position_error_m

    def length_sigma(self) -> float:
        """Spread of the logarithm of the length that a contact tells [1]."""
        return self.length_error_fraction

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact in one image that holds the target in the middle of its incidence, the
        same at all ranges; shape of ``range_m``.
        """
        factor: ArrayLike = 1.0
        if sky.sea_state is not None:
            factor = length_factor(self, sky.sea_state, _reference_incidence_deg(self))
        return np.full(np.shape(range_m), p_contact(self, example.length_m, factor))

    def judge(self, accesses: Accesses) -> tuple[Floats, Ints]:
        """By length, and by sea and incidence in a world with weather; cells of ``resolution_m``."""
        factor: ArrayLike = 1.0
        if accesses.weather is not None:
            incidence = np.rad2deg(accesses.rows["incidence_rad"])
            factor = length_factor(self, sea_state_of(accesses.weather.wave_height_m), incidence)
        p = p_contact(self, accesses.of_targets("length_m"), factor)
        return p, accesses.cells(self.resolution_m)


def p_contact(sar: SarSatellite, length_m: ArrayLike, factor: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Probability that a ship of a length is held in an image; ``factor`` is f. Arguments broadcast."""
    length, f = np.asarray(length_m, np.float64), np.asarray(factor, np.float64)
    below = (sar.half_length_m * f - length) / (sar.scale_m * f)
    return np.asarray(sar.p_max / (1.0 + np.exp(np.minimum(below, 700.0))), np.float64)


def length_factor(sar: SarSatellite, sea_state: ArrayLike, incidence_deg: ArrayLike) -> NDArray[np.float64]:
    """How much longer a ship must be to be held as likely: f of the module. Arguments broadcast."""
    noise = 10.0 ** (sar.nesz_db / 10.0)

    def seen(state: ArrayLike, incidence: ArrayLike) -> NDArray[np.float64]:
        grazing_deg = np.minimum(90.0 - np.asarray(incidence, np.float64), _STEEPEST_DEG)
        sigma0_db = sea_sigma0_db(sar.frequency_hz, grazing_deg, state, sar.polarization)
        return np.asarray(10.0 ** (sigma0_db / 10.0) + noise, np.float64)

    reference = seen(sar.reference_sea_state, _reference_incidence_deg(sar))
    ratio = seen(sea_state, incidence_deg) / reference
    return np.asarray(ratio ** (1.0 / LENGTH_EXPONENT), np.float64)


def _reference_incidence_deg(sar: SarSatellite) -> float:
    return (sar.incidence_min_deg + sar.incidence_max_deg) / 2.0
