"""Part of the benchmarks: the exchange."""

from __future__ import annotations

from figures import Measured, Options, figure, made_by


def sharing(how: Options) -> Measured:
    """The exchange on the reference network (``sharing.py``), each load in a process of its own."""
    loads = {
        "60 sensors, 12 nodes, 10 days": ("--days", "10"),
        "60 sensors, 12 nodes, 30 days": ("--days", "30"),
        "the same, 30 days, desks and links with all they can have": ("--live",),
    }
    figures = []
    for name, options in loads.items():
        load = made_by("sharing.py", *options, repeats=how.repeats)
        figures += [
            figure(f"{name}: an arrangement", load["seconds"], "s", 30.0 if "30 days" in name else None),
            figure(f"{name}: cases on links", load["cases"]),
            figure(f"{name}: a case on a link", load["us_a_case"], "us", 12.0),
            figure(f"{name}: a part on a link", load["us_a_row"], "us"),
            figure(f"{name}: tables", load["table_mib"], "MiB"),
            figure(f"{name}: memory beside tables", load["beside_mib"], "MiB"),
        ]
    return Measured(figures)
