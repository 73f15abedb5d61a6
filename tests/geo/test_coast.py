from __future__ import annotations

import numpy as np
import pytest
import shapely

from mda_sim.core.errors import ShapeError
from mda_sim.geo import coast_index
from mda_sim.geo.coast import PIECE_M, Land, OffTheMap, load_land
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, great_circle_points

MAP = (95.0, -5.0, 150.0, 45.0)


@pytest.fixture(scope="module")
def land():
    return load_land()


@pytest.fixture(scope="module")
def whole(land):
    """All land as one prepared multipolygon: the independent answer."""
    shape = shapely.MultiPolygon(list(land.polygons))
    shapely.prepare(shape)
    return shape


def an_island(west, south, east, north):
    return Land(np.array([shapely.box(west, south, east, north)], dtype=object), {}, MAP, "")


def near_the_coast(land, n, spread_deg, seed):
    """Random points around random corners of the coast."""
    rng = np.random.default_rng(seed)
    corners = shapely.get_coordinates(land.polygons)
    lon, lat = (corners[rng.integers(len(corners), size=n)] + rng.normal(0, spread_deg, (n, 2))).T
    return np.clip(lat, -5, 45), np.clip(lon, 95, 150)


# ---- the shipped coast


def test_the_countries_of_the_map_are_those_of_the_source(land):
    assert list(land.countries) == [
        "Brunei", "Cambodia", "China", "Guam", "Hong Kong", "India", "Indonesia", "Japan", "Laos", "Macao",
        "Malaysia", "Micronesia", "Mongolia", "Myanmar", "N. Mariana Is.", "North Korea", "Palau",
        "Papua New Guinea", "Philippines", "Russia", "Scarborough Reef", "Singapore", "South Korea",
        "Spratly Is.", "Taiwan", "Thailand", "Vietnam",
    ]  # fmt: skip


def test_the_land_is_the_valid_union_of_the_countries_inside_the_bounds(land, whole):
    assert land.bounds == MAP
    assert whole.is_valid
    assert all(country.is_valid for country in land.countries.values())
    assert shapely.box(*MAP).covers(whole)
    together = sum(country.area for country in land.countries.values())
    assert whole.area == pytest.approx(together, rel=1e-8)
    for country in land.countries.values():
        assert whole.contains(country.representative_point())


def test_the_philippines_have_their_published_land_area(land):
    # 300,000 km2 in round numbers, inland water included; the smallest islets are not on the map.
    edges = shapely.segmentize(land.countries["Philippines"], 0.05)
    equal_area = shapely.transform(
        edges,
        lambda xy: np.stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))], axis=1) * EARTH_RADIUS_M,
    )
    assert equal_area.area / 1e6 == pytest.approx(300_000, rel=0.03)


@pytest.mark.parametrize(
    ("place", "lat", "lon"),
    [
        ("Manila", 14.6, 121.0), ("Tokyo", 35.69, 139.70), ("Hanoi", 21.03, 105.85),
        ("Taipei", 25.04, 121.55),
        ("Kuching", 1.55, 110.35), ("Davao", 7.10, 125.55), ("Naha", 26.21, 127.70), ("Seoul", 37.56, 126.98),
        ("Singapore", 1.35, 103.82), ("Zamboanga", 6.95, 122.07), ("Hainan", 19.2, 109.7),
    ],
)  # fmt: skip
def test_cities_are_on_land(land, place, lat, lon):
    assert land.is_land(lat, lon), place
    assert land.crosses(lat, lon, lat, lon), place


@pytest.mark.parametrize(
    ("sea", "lat", "lon"),
    [
        ("South China Sea", 14, 115), ("Bashi Channel", 21.35, 121.65), ("Sulu Sea", 8.5, 120.5),
        ("Celebes Sea", 3.5, 122.5), ("Philippine Sea", 18, 130), ("Gulf of Thailand", 10, 101.5),
        ("Gulf of Tonkin", 19.5, 107.5), ("Taiwan Strait", 24.5, 119.7), ("East China Sea", 29, 125),
        ("Yellow Sea", 36, 123), ("Sea of Japan", 40, 135), ("Malacca Strait", 3.5, 100),
        ("Java Sea", -4, 111),
        ("Manila Bay", 14.5, 120.75), ("Palawan Passage", 10.3, 118.0), ("Balintang Channel", 19.82, 121.67),
        ("Singapore Strait", 1.25, 104.1), ("Mindoro Strait", 12.33, 120.67), ("Balabac Strait", 7.58, 117.0),
    ],
)  # fmt: skip
def test_named_seas_are_sea(land, sea, lat, lon):
    assert not land.is_land(lat, lon), sea
    assert not land.crosses(lat, lon, lat, lon), sea


def test_loading_happens_once(land):
    again = load_land.__wrapped__()
    assert again.digest == land.digest
    assert load_land() is land


# ---- the raster


def test_the_raster_is_the_polygons_at_the_centres_of_its_cells(land, whole):
    rng = np.random.default_rng(1)
    row, column = rng.integers(2500, size=50_000), rng.integers(2750, size=50_000)
    lat, lon = -5 + (row + 0.5) * 0.02, 95 + (column + 0.5) * 0.02
    np.testing.assert_array_equal(land.is_land(lat, lon), shapely.contains_xy(whole, lon, lat))


def test_the_raster_differs_from_the_polygons_only_within_a_cell_of_the_coast(land, whole):
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(-5, 45, 100_000), rng.uniform(95, 150, 100_000)
    differs = land.is_land(lat, lon) != shapely.contains_xy(whole, lon, lat)
    assert 0 < differs.mean() < 0.003
    half_diagonal_m = 0.01 * np.sqrt(2) * np.pi / 180 * EARTH_RADIUS_M
    assert land.distance_to_coast_m(lat[differs], lon[differs]).max() < np.hypot(half_diagonal_m, 1000)


def test_an_islet_smaller_than_a_cell_stops_a_leg_although_the_raster_misses_it(land):
    rock = land.countries["Scarborough Reef"].centroid
    assert not land.is_land(rock.y, rock.x)
    assert land.crosses(rock.y, rock.x - 0.5, rock.y, rock.x + 0.5)
    assert land.distance_to_coast_m(rock.y, rock.x) < 1000


def test_an_absent_vessel_is_not_on_land_and_has_no_distance_to_it(land):
    assert land.is_land([np.nan, 14.6], [121.0, 121.0]).tolist() == [False, True]
    assert np.isnan(land.distance_to_coast_m([np.nan, 14.6], [121.0, 121.0])).tolist() == [True, False]


# ---- crossing


def test_the_tiled_index_finds_exactly_the_crossings_of_the_whole_polygons(land):
    lat1, lon1 = near_the_coast(land, 1200, 0.4, seed=3)
    rng = np.random.default_rng(4)
    lat2 = np.clip(lat1 + rng.normal(0, 0.3, 1200), -5, 45)
    lon2 = np.clip(lon1 + rng.normal(0, 0.3, 1200), 95, 150)
    ends = np.stack([np.stack([lon1, lat1], 1), np.stack([lon2, lat2], 1)], axis=1)
    met = np.zeros(1200, dtype=bool)
    met[shapely.STRtree(land.polygons).query(shapely.linestrings(ends), predicate="intersects")[0]] = True
    assert 0.2 < met.mean() < 0.9
    np.testing.assert_array_equal(land.crosses(lat1, lon1, lat2, lon2), met)


def test_the_tiles_are_valid_and_make_up_the_land(land, whole):
    tiles = coast_index.tiles(land.polygons, MAP)
    assert shapely.is_valid(tiles).all()
    assert shapely.area(tiles).sum() == pytest.approx(whole.area, rel=1e-9)
    west, south, east, north = shapely.bounds(tiles).T
    assert (east - west).max() <= 1
    assert (north - south).max() <= 1


def test_touching_land_and_lying_inside_it_count_as_crossing():
    island = an_island(110, 10, 112, 12)
    assert island.crosses(9.0, 109.0, 10.0, 110.0)  # ends on a corner
    assert island.crosses(10.0, 109.0, 10.0, 113.0)  # runs along an edge
    assert island.crosses(11.0, 110.5, 11.5, 111.0)  # inside, across no edge
    assert not island.crosses(9.999, 109.0, 9.999, 113.0)


def test_great_circle_legs_that_end_on_the_shore_meet_it_from_everywhere():
    island = an_island(110, 10, 112, 12)
    rng = np.random.default_rng(12)
    lat, lon = rng.uniform(2, 9, 300), rng.uniform(100, 120, 300)
    assert island.crosses_great_circle(lat, lon, 10.0, 111.3).all()
    assert island.crosses_great_circle(10.0, 111.3, lat, lon).all()
    assert not island.crosses_great_circle(lat, lon, 9.999999, 111.3).any()


def test_a_great_circle_bulges_away_from_the_equator():
    # From 40 N 100 E to 40 N 140 E the great circle reaches atan(tan 40 / cos 20) = 41.76 N at 120 E.
    leg = (40.0, 100.0, 40.0, 140.0)
    on_the_parallel, on_the_great_circle = an_island(119, 39.8, 121, 40.2), an_island(119, 41.6, 121, 41.9)
    assert on_the_parallel.crosses(*leg)
    assert not on_the_parallel.crosses_great_circle(*leg)
    assert not on_the_great_circle.crosses(*leg)
    assert on_the_great_circle.crosses_great_circle(*leg)
    near_miss = an_island(119.9, 41.765, 120.1, 41.9)  # 500 m beyond the summit
    assert not near_miss.crosses_great_circle(*leg)


def test_pieces_of_a_great_circle_leave_it_by_no_more_than_stated():
    lat, lon = great_circle_points(45.0, 100.0, 45.0, destination(45.0, 100.0, 90.0, PIECE_M)[1], 3)
    assert 12.0 < float(distance_m(lat[1], lon[1], 45.0, lon[1])) < 13.0


def test_many_legs_at_once_equal_one_at_a_time(land):
    lat1, lon1 = near_the_coast(land, 60, 0.5, seed=5)
    lat2, lon2 = near_the_coast(land, 60, 0.5, seed=6)
    lat1, lat2 = np.minimum(lat1, 38), np.minimum(lat2, 38)
    short = np.arange(60) % 2 == 0  # legs of very different lengths
    lat2[short], lon2[short] = np.minimum(lat1[short] + 0.1, 38), lon1[short]
    together = land.crosses_great_circle(lat1, lon1, lat2, lon2)
    alone = [land.crosses_great_circle(*leg).item() for leg in zip(lat1, lon1, lat2, lon2, strict=True)]
    assert together.tolist() == alone
    assert 0.3 < together.mean() < 1.0
    grid = land.crosses_great_circle(lat1.reshape(6, 10), lon1.reshape(6, 10), 14.0, 115.0)
    assert grid.shape == (6, 10)


# ---- rays


@pytest.mark.parametrize(
    ("lat", "lon", "from_m"),
    [(5.405, 125.38, 5000.0), (13.445, 120.3, 5000.0), (24.456, 122.99, 4000.0), (11.053, 114.285, 3000.0)],
    ids=["Balut", "Cape Calavite", "Yonaguni", "Thitu"],
)
def test_rays_end_where_dense_sampling_first_finds_land(land, whole, lat, lon, from_m):
    bearings = np.arange(0.0, 360.0, 5.0)
    found = land.first_land_m(lat, lon, bearings, from_m, 120_000.0)
    along = np.arange(from_m, 120_000.0, 200.0)
    sample_lat, sample_lon = destination(lat, lon, bearings[:, None], along)
    wet = ~shapely.contains_xy(whole, sample_lon, sample_lat)
    before = along < (found - 20.0)[:, None]
    assert wet[before].all()  # nothing before it is land
    hit = np.isfinite(found)
    assert 0 < hit.sum() < len(bearings)
    hit_lat, hit_lon = destination(lat, lon, bearings[hit], found[hit])
    assert shapely.distance(whole, shapely.points(hit_lon, hit_lat)).max() * 111_200 < 20.0  # and it is land
    assert found[hit].min() >= from_m
    assert found[hit].max() <= 120_000.0


def test_rays_meet_a_square_island_at_its_closed_form():
    island = an_island(110, 10, 112, 12)
    degree_m = np.pi * EARTH_RADIUS_M / 180
    assert island.first_land_m(8.0, 111.0, [0.0], 0.0, 4e5)[0] == pytest.approx(2 * degree_m, abs=0.01)
    assert island.first_land_m(14.0, 111.0, [180.0], 0.0, 4e5)[0] == pytest.approx(2 * degree_m, abs=0.01)
    assert island.first_land_m(8.0, 111.0, [180.0], 0.0, 4e5)[0] == np.inf
    assert island.first_land_m(8.0, 111.0, [0.0], 0.0, 2 * degree_m - 1)[0] == np.inf


def test_land_nearer_than_the_start_of_a_ray_does_not_block_and_land_at_it_does():
    island = an_island(110, 10, 112, 12)
    degree_m = np.pi * EARTH_RADIUS_M / 180
    rays = [0.0, 180.0]
    centre = island.first_land_m(11.0, 111.0, rays, 0.5 * degree_m, 4e5)
    assert centre.tolist() == [0.5 * degree_m] * 2  # still on the island there
    assert island.first_land_m(11.0, 111.0, rays, 1.01 * degree_m, 4e5).tolist() == [np.inf] * 2


def test_rays_keep_the_shape_of_their_bearings(land):
    assert land.first_land_m(14.0, 115.0, np.zeros((3, 4)), 0.0, 1e5).shape == (3, 4)
    assert land.first_land_m(14.0, 115.0, 90.0, 0.0, 1e5).shape == ()


def test_rays_that_leave_the_map_meet_nothing_there(land):
    assert land.first_land_m(0.0, 149.0, [90.0], 0.0, 5e6)[0] == np.inf  # passes the 180th meridian


@pytest.mark.parametrize(("from_m", "to_m"), [(-1.0, 10.0), (10.0, 10.0), (0.0, np.inf), (np.nan, 10.0)])
def test_rays_of_no_sense_are_refused(land, from_m, to_m):
    with pytest.raises(ValueError, match="from_m < to_m"):
        land.first_land_m(14.0, 115.0, [0.0], from_m, to_m)


# ---- distance


def test_distance_to_a_square_island_has_its_closed_form_within_the_stated_error():
    island = an_island(110, 10, 112, 12)
    degree_m = np.pi * EARTH_RADIUS_M / 180
    for degrees in (0.001, 0.01, 0.1, 1.0, 5.0):
        truth = degrees * degree_m
        got = float(island.distance_to_coast_m(12.0 + degrees, 111.0137))
        # The northern shore is a parallel: off its ends the nearest point is due south of the place.
        assert -1e-6 <= got - truth <= min(1000.0, 0.5e6 / truth + 1e-6)
    assert float(island.distance_to_coast_m(11.0, 111.0)) == pytest.approx(
        float(distance_m(11.0, 111.0, 11.0, 112.0)), abs=10
    )


def test_distance_is_within_its_error_of_a_ten_times_finer_coast(land):
    from scipy.spatial import cKDTree

    lat, lon = near_the_coast(land, 2000, 0.3, seed=9)
    fine = cKDTree(coast_index.coast_points(coast_index.edges(land.polygons, MAP), 200.0))
    truth = coast_index.arc_of_chord_m(fine.query(coast_index.unit_vectors(lat, lon))[0])
    got = land.distance_to_coast_m(lat, lon)
    assert (got - truth).min() > -101.0  # the finer coast errs by at most 100 m itself
    assert ((got - truth) <= np.minimum(1000.0, 0.5e6 / np.maximum(truth - 100, 1.0)) + 1.0).all()
    assert (got - truth).max() > 100.0


def test_the_rim_of_the_map_is_not_coast():
    mainland = an_island(95, 10, 100, 45)  # cut off by the map in the west and the north
    assert float(mainland.distance_to_coast_m(44.0, 96.0)) > 300_000
    assert float(mainland.distance_to_coast_m(44.0, 99.9)) < 10_000
    assert float(mainland.distance_to_coast_m(10.5, 97.0)) == pytest.approx(55_600, rel=0.01)


# ---- the edge of the map


def test_positions_off_the_map_are_refused_with_their_place(land):
    with pytest.raises(
        OffTheMap, match=r"latitude 21\.3, longitude -157\.9: the coast is known from latitude -5"
    ):
        land.is_land([14.0, 21.3], [115.0, -157.9])
    with pytest.raises(OffTheMap):
        land.crosses(14.0, 115.0, 50.0, 115.0)
    with pytest.raises(OffTheMap):
        land.crosses(14.0, 115.0, np.nan, 115.0)
    with pytest.raises(OffTheMap):
        land.crosses_great_circle(44.9, 135.0, 44.9, 149.0)  # bulges over the northern rim
    with pytest.raises(OffTheMap):
        land.first_land_m(14.0, 90.0, [0.0], 0.0, 1e5)
    with pytest.raises(OffTheMap):
        land.distance_to_coast_m(-6.0, 115.0)


def test_the_corners_of_the_map_are_on_it(land):
    lat, lon = [-5.0, -5.0, 45.0, 45.0], [95.0, 150.0, 95.0, 150.0]
    assert land.covers(lat, lon).all()
    assert land.is_land(lat, lon).tolist() == [False, False, True, False]
    assert not land.covers([-5.001, 10.0, np.nan], [95.0, 150.001, 100.0]).any()


def test_shapes_that_do_not_fit_are_named(land):
    with pytest.raises(ShapeError, match=r"\(2,\), \(3,\)"):
        land.is_land([1.0, 2.0], [100.0, 101.0, 102.0])


def test_a_largest_distance_stands_for_every_larger_one():
    land = load_land()
    rng = np.random.default_rng(8)
    lat, lon = rng.uniform(0, 25, 400), rng.uniform(105, 145, 400)
    exact = land.distance_to_coast_m(lat, lon)
    assert np.array_equal(land.distance_to_coast_m(lat, lon, 60_000.0), np.minimum(exact, 60_000.0))
    assert (exact > 60_000).any()
    assert (exact < 60_000).any()
