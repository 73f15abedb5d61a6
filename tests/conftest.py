"""For all tests: an example may take as long as it takes, since the first may compile a kernel."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("mda_sim", deadline=None)
settings.load_profile("mda_sim")


@pytest.fixture(scope="session")
def trial_of() -> Callable[..., Any]:
    """Makes the random arrangements with everything that can be stated that the auditor is tried on."""
    path = Path(__file__).parent / "audit" / "conftest.py"
    spec = importlib.util.spec_from_file_location("audit_trials", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lru_cache(maxsize=None)(module.run_trial)
