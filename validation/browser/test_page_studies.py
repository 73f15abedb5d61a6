"""Studies on the page in a browser: their charts follow what is chosen, and nothing is asked of the network.

make test-page
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
QUICK = ["scenarios/quick.yaml", "--quiet"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a short run with a study of value and a sensitivity analysis on it."""
    folder = tmp_path_factory.mktemp("studied")

    def call(*words: str) -> None:
        subprocess.run([sys.executable, "-m", "mda_sim", *words], check=True, cwd=ROOT, capture_output=True)

    only = ["--configurations", "direct_manual"]
    drawn = ["--set", "output.maps=true", "--set", "output.logs=true"]
    call("run", *QUICK, *only, *drawn, "--out", f"{folder}/run")
    players = ["--configuration", "direct_manual", "--players", "phl_jpn,jpn_phl_gsomia"]
    call("value", *QUICK, *players, "--out", f"{folder}/value")
    call("sensitivity", *QUICK, *only, "--out", f"{folder}/sensitivity")
    call("page", f"{folder}/run", "--value", f"{folder}/value", "--sensitivity", f"{folder}/sensitivity")
    return folder / "run" / "report.html"


def drawn_of(driver: webdriver.Chrome, name: str) -> Any:
    """The columns of a series of a study, as Bokeh holds them."""
    script = "return Bokeh.documents.at(-1).get_model_by_name(arguments[0]).data"
    return driver.execute_script(script, name)


def test_the_charts_of_studies_follow_what_is_chosen(
    page: Path, browser: webdriver.Chrome, requests: Callable[[webdriver.Chrome], list[str]]
) -> None:
    browser.get(page.as_uri())
    WebDriverWait(browser, 10).until(
        lambda driver: driver.execute_script("return document.documentElement.dataset.ready")
    )
    WebDriverWait(browser, 10).until(lambda driver: driver.find_element(By.ID, "value-1-says").text)
    nation = Select(browser.find_element(By.ID, "nation"))
    nation.select_by_value("JPN")
    said, bars = browser.find_element(By.ID, "value-1-says").text, drawn_of(browser, "value-1/shapley")
    assert said.startswith("Japan")
    assert max(bars["x"]) > 0
    nation.select_by_value("PHL")
    assert browser.find_element(By.ID, "value-1-says").text.startswith("Philippines")
    assert drawn_of(browser, "value-1/shapley") != bars
    Select(browser.find_element(By.ID, "sensitivity-1-figure")).select_by_index(1)
    moved = browser.find_element(By.ID, "sensitivity-1-says").text
    Select(browser.find_element(By.ID, "sensitivity-1-figure")).select_by_index(2)
    assert browser.find_element(By.ID, "sensitivity-1-says").text != moved
    assert [url for url in requests(browser) if not url.startswith("file:")] == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
