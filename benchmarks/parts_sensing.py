"""Parts of the benchmarks: fixed sensors, and satellites and aircraft."""

from __future__ import annotations

from figures import Measured, Options, figure, made_by

FLEETS, WITH_BAR = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000), 10_000


def sensing(how: Options) -> Measured:
    """Radars and AIS receivers over fleets of several sizes, each in its own process (``sensing.py``)."""
    figures = []
    for n_vessels in FLEETS:
        made = made_by("sensing.py", str(n_vessels), repeats=how.repeats)
        name = f"40 radars and 30 AIS receivers, {n_vessels:,} vessels, 7 days"
        has_bar = n_vessels == WITH_BAR
        figures += [
            figure(name, made["seconds"], "s", 3.0 if has_bar else None),
            figure(f"{name}: radar looks in range", made["radar_looks"]),
            figure(f"{name}: a radar look in range", made["radar_look_ns"], "ns", 100.0 if has_bar else None),
        ]
        if has_bar:
            figures += [
                figure(f"{name}: an AIS look in range", made["ais_look_ns"], "ns"),
                figure(f"{name}: contacts", made["contacts"]),
                figure(f"{name}: largest the process was", made["peak_mib"], "MiB", 1024.0),
            ]
    made = made_by("sensing.py", "10000", "--weather", repeats=how.repeats)
    name = "the same, 10,000 vessels, under a seasonal climate"
    figures += [
        figure(name, made["seconds"], "s"),
        figure(f"{name}: a radar look in range", made["radar_look_ns"], "ns"),
    ]
    return Measured(figures)


def moving(how: Options) -> Measured:
    """Satellites and aircraft over the reference load, each load in its own process (``moving.py``)."""
    radar = made_by("moving.py", "10000", "--load", "sar", repeats=how.repeats)
    everything = made_by("moving.py", "10000", "--load", "all", repeats=how.repeats)
    name = "40 radars, 30 AIS receivers, 8 radar satellites, 10,000 vessels, 7 days"
    more = "the same, 60 AIS satellites, 10 aircraft, 1,024 probes"
    aircraft = f"{more}: aircraft alone"
    return Measured(
        [
            figure(name, radar["seconds"], "s", 6.0),
            figure(f"{name}: largest the process was", radar["peak_mib"], "MiB", 1024.0),
            figure(f"{name}: contacts", radar["contacts"]),
            figure(f"{name}: radar satellites alone", radar["sar_seconds"], "s"),
            figure(f"{name}: images", radar["sar_images"]),
            figure(f"{name}: vessels in images", radar["sar_looks"]),
            figure(f"{name}: a vessel in an image", radar["sar_look_us"], "us", 5.0),
            figure(f"{name}: a vessel tried for an image", radar["sar_tested_ns"], "ns"),
            figure(more, everything["seconds"], "s", 15.0),
            figure(f"{more}: largest the process was", everything["peak_mib"], "MiB", 1536.0),
            figure(f"{more}: contacts", everything["contacts"]),
            figure(f"{more}: AIS satellites alone", everything["ais_satellite_seconds"], "s"),
            figure(f"{more}: passes of AIS satellites", everything["ais_satellite_passes"]),
            figure(f"{more}: vessels in view in passes", everything["ais_satellite_looks"]),
            figure(f"{more}: a vessel in view in a pass", everything["ais_satellite_look_ns"], "ns", 150.0),
            figure(f"{aircraft}, radars", everything["radars_aboard_seconds"], "s"),
            figure(f"{aircraft}, contacts of radars", everything["radars_aboard_contacts"]),
            figure(f"{aircraft}, AIS receivers", everything["ais_aboard_seconds"], "s"),
            figure(f"{aircraft}, contacts of AIS receivers", everything["ais_aboard_contacts"]),
            figure(f"{aircraft}, reports of each", everything["radars_aboard_reports"]),
        ]
    )
