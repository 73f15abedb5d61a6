"""docs/yaml-reference.md is what the specs say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from mda_sim.core.units import spellings
from mda_sim.scenario.schema import ScenarioFile

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_yaml_reference", DOCS / "make_yaml_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_specs_say(maker: ModuleType) -> None:
    """If not: python docs/make_yaml_reference.py."""
    assert maker.page() == (DOCS / "yaml-reference.md").read_text(encoding="utf-8")


def test_every_key_in_every_spelling_is_on_the_page_and_every_link_holds(maker: ModuleType) -> None:
    page = maker.page()
    schema = ScenarioFile.model_json_schema()
    for spec in (schema, *schema["$defs"].values()):
        for key in spec.get("properties", {}):
            assert all(f"`{spelling}`" in page for spelling in spellings(key)), key
    headings = {heading.lower() for heading in re.findall(r"^## (.+)$", page, flags=re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z0-9]+)\)", page)) <= headings
