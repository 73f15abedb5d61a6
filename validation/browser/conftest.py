"""Debian's chromium with the network cut, and the page of the default run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``report.html`` of the default run; of the run in ``PAGE_RUN``, if that is set."""
    named = os.environ.get("PAGE_RUN")
    if named:
        return Path(named) / "report.html"
    out = tmp_path_factory.mktemp("default") / "run"
    scenario = ROOT / "scenarios" / "six_arrangements.yaml"
    command = [sys.executable, "-m", "mda_sim", "run", str(scenario), "--quiet", "--out", str(out)]
    subprocess.run(command, check=True, cwd=ROOT)
    return out / "report.html"


@pytest.fixture
def browser() -> Iterator[webdriver.Chrome]:
    """A fresh browser that may ask nobody for anything."""
    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,1400"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    cut = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", cut)
    yield driver
    driver.quit()


@pytest.fixture
def requests() -> Callable[[webdriver.Chrome], list[str]]:
    """Tells what a browser asked for since the last call, but for data in the file itself."""

    def asked(driver: webdriver.Chrome) -> list[str]:
        told = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
        urls = [
            one["params"]["request"]["url"] for one in told if one["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in urls if not url.startswith("data:")]

    return asked
