"""Units live in the ends of names; this module owns the conversions to SI, done once on loading.

A YAML key may spell a quantity in any unit of its dimension (``range_km``, ``range_nmi``); inside the
program there is one spelling, the SI one (``range_m``). Factors are exact by definition: the
international nautical mile is 1,852 m (First International Extraordinary Hydrographic Conference, Monaco,
1929; BIPM, The International System of Units, 9th edition, 2019, table 8), the knot one of them per hour.
"""

from __future__ import annotations

from typing import Final

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
