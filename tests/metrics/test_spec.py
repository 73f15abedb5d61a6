from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from mda_sim.metrics.spec import Endpoint, MetricsSpec, age_label


def test_ages_have_the_labels_that_metric_names_end_in():
    assert [age_label(age_s) for age_s in MetricsSpec().custody_age_s] == ["1h", "6h", "24h", "72h"]
    assert [age_label(age_s) for age_s in (1800.0, 90.0, 0.25)] == ["30min", "90s", "0.25s"]


def test_ages_are_kept_in_ascending_order_and_may_not_repeat():
    assert MetricsSpec(custody_age_s=(7200.0, 60.0)).custody_age_s == (60.0, 7200.0)
    with pytest.raises(ValidationError, match="once only"):
        MetricsSpec(custody_age_s=(3600.0, 3600.0))
    with pytest.raises(ValidationError, match="at least 1"):
        MetricsSpec(custody_age_s=())


@pytest.mark.parametrize(
    "bad", [{"error_max_m": 0.0}, {"age_cap_s": -1.0}, {"custody_age_s": [0.0]}, {"tau": 1}]
)
def test_values_out_of_bounds_are_refused(bad):
    with pytest.raises(ValidationError):
        MetricsSpec.model_validate(bad)


def test_an_endpoint_names_its_group_as_the_score_table_does():
    assert Endpoint(metric="custody_fraction_6h").key == "all"
    assert Endpoint(metric="age_p50_s", group="flag:PHL", zone="strait").key == "flag:PHL@strait"
    with pytest.raises(ValidationError):
        Endpoint(metric="age_p50_s", group="all@strait")


def test_the_rooms_are_imported_without_the_heavy_libraries():
    code = (
        "import sys, mda_sim.metrics.compare, mda_sim.metrics.frame\n"
        "print(sorted({'numba', 'scipy', 'pyarrow', 'matplotlib', 'simpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
