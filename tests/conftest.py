"""For all tests: how they are shared out among processes, and how long an example may take.

Any time, since the first may compile a kernel.
"""

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

LONGEST = ("test_docs_checks.py", "test_notebooks.py")
"""Files of tests that take so long that nobody should be left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest in the middle, where the second of two processes begins.

    They need every kernel, and what the first begins with needs few: hardly one is compiled twice at once.
    """
    longest = [item for item in items if item.path.name in LONGEST]
    others = [item for item in items if item.path.name not in LONGEST]
    middle = len(items) // 2
    items[:] = others[:middle] + longest + others[middle:]


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
