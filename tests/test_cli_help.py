"""Help: every verb is under a heading, has examples that it would take, and loads nothing heavy."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mda_sim.cli import main
from mda_sim.cli_help import Verb, Verbs
from mda_sim.cli_progress import progress

ROOT = Path(__file__).parent.parent
VERBS = sorted(main.commands)


def words_of(example: str) -> list[str]:
    """The words behind ``mda-sim VERB``, up to a redirection."""
    words = shlex.split(example, comments=True)
    ends = [words.index(sign) for sign in (">", ">>") if sign in words]
    return words[: min(ends, default=len(words))]


def test_every_verb_stands_under_one_heading() -> None:
    assert isinstance(main, Verbs)
    told = [name for names in main.sections.values() for name in names]
    assert sorted(told) == VERBS


@pytest.mark.parametrize("name", VERBS)
def test_examples_of_a_verb_are_its_own_and_name_real_options(name: str) -> None:
    verb = main.commands[name]
    assert isinstance(verb, Verb)
    assert verb.examples
    for example in verb.examples:
        program, called, *arguments = words_of(example)
        assert (program, called) == ("mda-sim", name)
        parser = verb.make_parser(click.Context(verb))
        _, rest, _ = parser.parse_args(arguments)  # NoSuchOption for an option that is not there
        assert rest == []


@pytest.mark.parametrize("name", VERBS)
def test_help_shows_the_examples_to_be_copied_and_no_marks_of_the_source(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    lines = result.output.splitlines()
    verb = main.commands[name]
    assert isinstance(verb, Verb)
    assert [f"  {example}" for example in verb.examples] == lines[-len(verb.examples) :]
    assert "\\b" not in result.output
    assert "``" not in result.output


def test_help_says_in_full_what_every_verb_does() -> None:
    output = " ".join(CliRunner().invoke(main, ["--help"]).output.split())
    for name, verb in main.commands.items():
        assert f"{name} {verb.short_help}" in output


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mda_sim.cli import main;"
        "CliRunner().invoke(main, ['run', '--help']);"
        "print(sorted({'numpy', 'numba', 'pyarrow', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_a_shell_completes_verbs_and_options() -> None:
    def completed(words: str) -> set[str]:
        environment = os.environ | {
            "_MDA_SIM_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split(" ")) - 1),
        }
        call = "import sys; sys.argv = ['mda-sim']; from mda_sim.cli import main; main(prog_name='mda-sim')"
        done = subprocess.run(
            [sys.executable, "-c", call], env=environment, capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    assert completed("mda-sim e") == {"plain,explain", "plain,export"}
    assert {"plain,--nation", "plain,--vessel"} <= completed("mda-sim explain --")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_completion_asks_this_program(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])
    assert result.exit_code == 0
    assert "_MDA_SIM_COMPLETE" in result.output
    assert "mda-sim" in result.output


def test_check_tells_problems_as_data(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.yaml"
    quick = ROOT / "scenarios" / "quick.yaml"
    scenario.write_text(f"format: 1\nextends: {quick}\nname: mine\nduration_d: -1\nnonsense: 2\n")
    result = CliRunner().invoke(main, ["check", str(scenario), "--allow-path", "--json"])
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    errors = [problem for problem in found["problems"] if problem["severity"] == "error"]
    assert {(problem["line"], problem["key"]) for problem in errors} >= {(4, "duration_d"), (5, "nonsense")}
    assert set(found) == {"problems"}


def test_check_tells_what_there_is_as_data() -> None:
    result = CliRunner().invoke(main, ["check", str(ROOT / "scenarios" / "quick.yaml"), "--json"])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["baseline"] in found["configurations"]
    assert {problem["severity"] for problem in found["problems"]} <= {"warning", "note"}
    assert found["nations"]["JPN"]["sensors"]["radar"] > 0


def test_brief_prints_the_primary_endpoints_only(tmp_path: Path) -> None:
    tiny = Path(__file__).parent / "study" / "tiny.yaml"
    result = CliRunner().invoke(
        main,
        [
            "run",
            str(tiny),
            "--workers",
            "1",
            "--set",
            "output.maps=false",
            "--out",
            str(tmp_path / "o"),
            "--brief",
        ],
    )
    assert result.exit_code == 0, result.output
    assert "In short" in result.stdout
    assert "take no position" in result.stdout or "Caveats" in result.stdout
    assert "Latency of foreign contacts" not in result.stdout
    assert str(tmp_path / "o" / "answer.md") in result.stdout


def test_the_first_run_on_a_machine_says_that_it_compiles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MDA_SIM_CACHE", str(tmp_path))
    with progress(quiet=False):
        assert "compiles its kernels" in capsys.readouterr().err
    (tmp_path / "jit").mkdir()
    with progress(quiet=False):
        assert capsys.readouterr().err == ""
