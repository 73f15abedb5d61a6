"""The page about arrangements: its example is a whole scenario that loads without an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mda_sim.scenario import load_scenario
from mda_sim.sharing.network import SharingSpec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/arrangements.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def sharing(tmp_path: Path) -> SharingSpec:
    path = tmp_path / "example.yaml"
    quick = ROOT / "scenarios/quick.yaml"
    path.write_text(EXAMPLE.replace("extends: quick.yaml", f"extends: {quick}"), encoding="utf-8")
    scenario = load_scenario(path, allow_path=True)
    return scenario.spec.sharing


def test_the_example_loads_and_says_what_it_means(sharing: SharingSpec) -> None:
    deal = sharing.agreements["invented_pact"]
    assert deal.notice_s == 90 * 86_400
    assert deal.ceilings["PHL"] == "CONFIDENTIAL"
    assert sharing.labels["radar_for_allies"].classification == "SECRET"
    assert sharing.labels["radar_for_allies"].rel_to == ("PHL", "USA")
    assert sharing.links["reviewed"].failures is not None
    assert sharing.events["after_a_compromise"].kind == "suspension"


def test_the_example_uses_every_field_of_agreements_desks_and_links(sharing: SharingSpec) -> None:
    told = set(re.findall(r"[a-z_]+(?=:)", EXAMPLE))
    known = {re.sub(r"_(s|min|h|d|m|km|bps)$", "", key) for key in told}
    rarely = {
        "type",
        "notice_given",
        "suspensions",
        "closures",
        "in_force_to",
        "case_window_s",
        "outages",
        "signed",
    }
    for kind, spec in (
        ("agreements", sharing.agreements["invented_pact"]),
        ("desks", sharing.desks["disclosure_office"]),
        ("links", sharing.links["reviewed"]),
    ):
        fields = {re.sub(r"_(s|m|bps)$", "", name) for name in type(spec).model_fields if name not in rarely}
        assert fields <= known, kind
