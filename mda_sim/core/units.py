"""Units live in the ends of names; this module owns the conversions to SI, done once on loading.

A YAML key may spell a quantity in any unit of its dimension (``range_km``, ``range_nmi``); inside the
program there is one spelling, the SI one (``range_m``). Factors are exact by definition: the
international nautical mile is 1,852 m (First International Extraordinary Hydrographic Conference, Monaco,
1929; BIPM, The International System of Units, 9th edition, 2019, table 8), the knot one of them per hour.
``to_si`` multiplies in exact rational arithmetic and rounds once, so that ``0.0011`` km and ``1.1`` m are the
same float and give the same digests.

Where next: ``scenario/normalise.py`` converts, ``scenario/wording.py`` quotes bounds in the unit as written.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_KNOT: Final = Fraction(1852, 3600)

KNOT_MPS: Final = 1852.0 / 3600.0
NAUTICAL_MILE_M: Final = 1852.0

SI_SUFFIXES: Final = ("s", "m", "mps", "deg", "hz", "db", "dbi", "m2", "bps", "w", "m_per_s2")

#: suffix as written -> (SI suffix, factor to SI)
CONVERSIONS: Final[dict[str, tuple[str, float]]] = {
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
    "d": ("s", 86400.0),
    "km": ("m", 1000.0),
    "nmi": ("m", NAUTICAL_MILE_M),
    "kn": ("mps", KNOT_MPS),
}


def split_unit(key: str) -> tuple[str, str] | None:
    """The stem and convertible suffix of a key, or None if it ends in no convertible unit.

    >>> split_unit("swath_km")
    ('swath', 'km')
    >>> split_unit("range_m") is None
    True
    """
    stem, _, suffix = key.rpartition("_")
    return (stem, suffix) if stem and suffix in CONVERSIONS else None


def si_key(key: str) -> tuple[str, float] | None:
    """The SI spelling of a key and the factor that takes its values there, or None.

    >>> si_key("warmup_d")
    ('warmup_s', 86400.0)
    """
    parts = split_unit(key)
    if parts is None:
        return None
    stem, suffix = parts
    si_suffix, factor = CONVERSIONS[suffix]
    return f"{stem}_{si_suffix}", factor


def spellings(si_name: str) -> tuple[str, ...]:
    """Every way a YAML file may spell the quantity ``si_name``, the SI one first.

    >>> spellings("range_m")
    ('range_m', 'range_km', 'range_nmi')
    >>> spellings("kind")
    ('kind',)
    """
    stem, _, suffix = si_name.rpartition("_")
    others = [unit for unit, (si_suffix, _) in CONVERSIONS.items() if stem and si_suffix == suffix]
    return (si_name, *(f"{stem}_{unit}" for unit in others))


def to_si(value: int | float, unit: str) -> int | float:
    """``value`` given in ``unit`` (a key of ``CONVERSIONS``), in SI, rounded once.

    A whole number stays one where the result is whole. ``value`` must be finite; OverflowError if the
    result is no float.

    >>> to_si(0.0011, "km"), to_si(2, "d")
    (1.1, 172800)
    """
    exact = Fraction(repr(value)) * _exact_factor(unit)
    if isinstance(value, int) and exact.denominator == 1:
        return int(exact)
    return float(exact)


def from_si(value: float, unit: str) -> float:
    """The SI quantity ``value`` (finite) in ``unit``, rounded once.

    >>> from_si(1852.0, "nmi")
    1.0
    """
    return float(Fraction(repr(value)) / _exact_factor(unit))


def _exact_factor(unit: str) -> Fraction:
    return _KNOT if unit == "kn" else Fraction(CONVERSIONS[unit][1])
