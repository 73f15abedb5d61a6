"""The page on contacts is true: its check runs, from the project's folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "contacts.md").read_text(encoding="utf-8")


def test_the_check_of_the_page_runs_and_would_notice_a_wrong_number(monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile(block, "docs/contacts.md", "exec"), {})
    with pytest.raises(AssertionError):
        exec(compile(block.replace("/ stated_m", "/ 10.0"), "docs/contacts.md", "exec"), {})
