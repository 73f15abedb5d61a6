"""The page of the default run in a browser: it opens without the network, soon, and its controls work.

    make test-page

Screenshots of five states are written into the folder that ``PAGE_SHOTS`` names.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

READY_MS = 3000
LARGEST_BYTES = 8_000_000


def opened(driver: webdriver.Chrome, report: Path) -> float:
    """Open the page; how long it took until its controls work [ms]."""
    driver.get(report.as_uri())
    for _ in range(200):
        ready = driver.execute_script("return document.documentElement.dataset.ready")
        if ready:
            return float(ready)
        time.sleep(0.05)
    raise AssertionError(f"the page is not ready: {driver.get_log('browser')}")


def shot(driver: webdriver.Chrome, name: str, at: str) -> None:
    """A screenshot with the element ``at`` at the top, if they are asked for."""
    if os.environ.get("PAGE_SHOTS"):
        driver.execute_script("document.querySelector(arguments[0]).scrollIntoView()", at)
        time.sleep(0.7)
        driver.save_screenshot(str(Path(os.environ["PAGE_SHOTS"]) / f"{name}.png"))


def choose(driver: webdriver.Chrome, control: str, value: str) -> None:
    Select(driver.find_element(By.ID, control)).select_by_value(value)


def model(driver: webdriver.Chrome, name: str, script: str) -> Any:
    """What a script says of a model of the figures, which it calls ``it``."""
    found = f"const it = Bokeh.documents[0].get_model_by_name({json.dumps(name)}); return {script}"
    return driver.execute_script(found)


def cells(driver: webdriver.Chrome) -> list[float | None]:
    return list(model(driver, "cells", "Array.from(it.data.value, (v) => Number.isNaN(v) ? null : v)"))


@pytest.fixture
def page(browser: webdriver.Chrome, report: Path) -> webdriver.Chrome:
    opened(browser, report)
    return browser


def test_it_opens_soon_without_the_network_and_without_errors(
    browser: webdriver.Chrome,
    report: Path,
    requests: Callable[[webdriver.Chrome], list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    size = report.stat().st_size
    ready_ms = sorted(opened(browser, report) for _ in range(3))[1]
    errors = [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    asked = [url for url in requests(browser) if url != report.as_uri()]
    with capsys.disabled():
        print(f"\n{size / 1e6:.2f} MB, interactive after {ready_ms:.0f} ms (median of 3), ", end="")
        print(f"{len(errors)} errors in the console, {len(asked)} requests")
    assert errors == []
    assert asked == []
    assert size < LARGEST_BYTES
    assert ready_ms < READY_MS
    shot(browser, "1_answer", "body")


def test_nation_configuration_and_layer_choose_what_the_map_shows(page: webdriver.Chrome) -> None:
    today = cells(page)
    assert any(value is not None and value > 0 for value in today)
    choose(page, "configuration", "direct_automated")
    direct = cells(page)
    assert sum(v or 0 for v in direct) > sum(v or 0 for v in today)
    shot(page, "2_coverage", "#map")
    choose(page, "layer", "difference")
    difference = cells(page)
    for before, after, change in zip(today, direct, difference, strict=True):
        if before is not None and after is not None and change is not None:
            assert change == pytest.approx(after - before, abs=0.011)
    visible = [model(page, f"cells_{name}", "it.visible") for name in ("share", "difference", "gaps")]
    assert visible == [False, True, False]
    shot(page, "3_difference", "#map")
    choose(page, "nation", "PHL")
    assert cells(page) != difference
    choose(page, "layer", "gaps")
    assert {v for v in cells(page) if v is not None} <= set(range(8))
    shot(page, "4_gaps", "#map")
    choose(page, "layer", "none")
    assert set(cells(page)) == {None}
    choose(page, "configuration", "today")
    choose(page, "layer", "difference")
    assert set(cells(page)) == {None}  # the baseline does not differ from itself
    assert [e for e in page.get_log("browser") if e["level"] == "SEVERE"] == []


def test_legends_and_layers_follow_their_switches(page: webdriver.Chrome) -> None:
    for name, layer in (
        ("coast", "coast"),
        ("lanes", "lanes"),
        ("zones", "zones"),
        ("reach", "reach"),
        ("links", "map_links"),
    ):
        before = model(page, layer, "it.visible")
        page.find_element(By.CSS_SELECTOR, f"[data-shows={name}]").click()
        assert model(page, layer, "it.visible") is not before
    before = model(page, "sensors_radar", "it.visible")
    page.find_element(By.CSS_SELECTOR, "[data-shows=sensors]").click()
    assert model(page, "sensors_radar", "it.visible") is not before
    for layer in ("share", "difference", "gaps"):
        choose(page, "layer", layer)
        shown = page.find_elements(By.CSS_SELECTOR, "[data-legend]")
        names = {one.get_attribute("data-legend") for one in shown if one.is_displayed()}
        assert names & {"share", "difference", "gaps"} == {layer}


def test_charts_follow_the_nation_and_the_configuration(page: webdriver.Chrome) -> None:
    def of(name: str) -> Any:
        return model(page, name, "Array.from(it.data.y || it.data.width)")

    custody, links = of("custody/today"), of("links/lines")
    choose(page, "nation", "PHL")
    assert of("custody/today") != custody
    choose(page, "configuration", "direct_automated")
    assert of("links/lines") != links


def test_time_moves_vessels_and_what_is_held(page: webdriver.Chrome) -> None:
    def told() -> tuple[str, list[float], list[float]]:
        clock = page.find_element(By.ID, "clock").text
        return clock, *(model(page, name, "Array.from(it.data.x)") for name in ("vessels", "held"))

    assert not page.find_element(By.ID, "time").is_displayed()
    page.find_element(By.ID, "moving").click()
    choose(page, "configuration", "direct_automated")
    first = told()
    assert len(first[1]) > 50
    slider = page.find_element(By.ID, "frame")
    slider.send_keys(Keys.ARROW_RIGHT * 20)  # the keyboard alone is enough
    second = told()
    assert all(before != after for before, after in zip(first, second, strict=True))
    shot(page, "5_vessels", "#map")
    page.find_element(By.ID, "play").click()
    time.sleep(1.5)
    assert told()[0] != second[0]
    page.find_element(By.ID, "play").click()
    stopped = told()[0]
    time.sleep(0.8)
    assert told()[0] == stopped
    choose(page, "nation", "PHL")
    assert told()[2] != second[2]


def test_it_fits_a_phone(browser: webdriver.Chrome, report: Path) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    opened(browser, report)
    time.sleep(0.5)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    shot(browser, "phone", "#map")
