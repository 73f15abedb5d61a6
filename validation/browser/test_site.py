"""The documentation in a browser: it reads and searches without the network.

make test-page
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-c", "docs", ".", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder


def found_by(driver: webdriver.Chrome) -> list[str]:
    """Titles that the search of the site has found, once no more of them come."""
    titles: list[str] = []
    for _ in range(20):
        time.sleep(0.5)
        now = [one.text for one in driver.find_elements(By.CSS_SELECTOR, "#search-results li a")]
        if now and now == titles:
            break
        titles = now
    return titles


@pytest.mark.parametrize("page", ["index", "docs/index", "docs/model", "docs/gallery", "docs/api"])
def test_a_page_opens_whole_without_the_network(
    site: Path, page: str, browser: webdriver.Chrome, requests: Callable[[webdriver.Chrome], list[str]]
) -> None:
    browser.get((site / f"{page}.html").as_uri())
    time.sleep(0.5)
    assert [url for url in requests(browser) if not url.startswith("file:")] == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    broken = browser.execute_script(
        "return [...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)"
    )
    assert broken == []


def test_the_search_finds_without_the_network(site: Path, browser: webdriver.Chrome) -> None:
    browser.get((site / "search.html").as_uri() + "?q=custody")
    titles = found_by(browser)
    assert len(titles) >= 5, titles
    assert any(title.startswith("Metrics") for title in titles), titles
