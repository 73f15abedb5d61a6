"""The map of tracks beside vessels: what is drawn is what is assigned."""

from __future__ import annotations

import numpy as np

from mda_sim.metrics.track_figures import TruthAt
from mda_sim.picture.spec import TrackScoringSpec
from mda_sim.picture.tracks import Tracks
from mda_sim.report.basemap import Extent
from mda_sim.report.track_maps import track_map


def test_tracks_of_a_vessel_are_dots_and_tracks_of_none_crosses() -> None:
    # vessel 0 at three snapshots; track 5 with it, but not at snapshot 1; track 6 far away, once
    truth = TruthAt(
        np.arange(3) * 3_600_000_000,
        np.arange(3),
        np.zeros(3, np.int64),
        np.array([15.0, 15.1, 15.2]),
        np.full(3, 118.0),
        np.ones(3, np.bool_),
    )
    nothing = np.empty(0, np.int64)
    tracks = Tracks(
        2,
        nothing,
        nothing.astype(np.bool_),
        np.array([0, 2, 2]),
        np.array([5, 5, 6]),
        np.array([15.01, 15.2, 16.0]),
        np.full(3, 118.0),
        np.full(3, 100.0),
    )
    figure = track_map(
        Extent(14.0, 17.0, 117.0, 119.0), truth, tracks, TrackScoringSpec(), range(3), title="T", subtitle="S"
    )
    paths, lines, good, false = figure.axes[0].lines[-4:]
    assert np.asarray(paths.get_ydata()).tolist() == [15.0, 15.1, 15.2]
    assert np.isnan(np.asarray(lines.get_ydata(), float)).sum() == 2  # 5 is broken off, and 6 is another
    assert np.asarray(good.get_ydata()).tolist() == [15.01, 15.2]
    assert np.asarray(false.get_ydata()).tolist() == [16.0]
    words = " ".join(text.get_text() for text in figure.texts)
    assert "Gated association" in words
    assert "Perfect association" not in words
