from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .command_line import varying

Run = Callable[..., subprocess.CompletedProcess[str]]

FINDING = {
    "rule",
    "severity",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "notes",
    "fix",
}


# ---- check -------------------------------------------------------------------------


def test_check_of_a_good_file(run: Run, example: Path) -> None:
    done = run("check", example.name, "--format", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    assert all(set(entry) == FINDING for entry in found)
    assert all(entry["severity"] != "error" for entry in found)
    assert run("check", example.name).returncode == 0


def test_check_without_data_says_what_was_not_checked(run: Run, example: Path) -> None:
    done = run("check", "-", stdin="y ~ x\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert "-: no faults\nthe columns were not checked" in done.stderr
    done = run("check", example.name)
    assert "not checked" not in done.stderr
    done = run("check", "-", "--data", "small.csv", stdin="y ~ x\n")
    assert "not checked" not in done.stderr


def test_check_of_a_data_file(run: Run, example: Path, tmp_path: Path) -> None:
    text = "id,cond,rating\n" + "s1,a,3\n" * 100
    for name in ("likert.csv", "likert.txt"):
        (tmp_path / name).write_text(text)
        done = run("check", name)
        assert done.returncode == 1
        assert done.stderr.startswith(f"`{name}` looks like a data file")
        assert done.stdout.count("\n-->") + done.stdout.count("\n -->") <= 50
        assert done.stdout.endswith("\n... and 51 more\n")
        whole = run("check", name, "--format", "concise")
        assert len(whole.stdout.splitlines()) == 101
    assert "data file" not in run("check", example.name).stderr


def test_a_spec_with_commas_is_no_data_file(run: Run) -> None:
    done = run("check", "-", stdin="column a: factor(b, c)\n" * 4)
    assert "data file" not in done.stderr


def test_check_json_is_an_array_without_a_finding(run: Run) -> None:
    done = run("check", "-", "--format", "json", stdin="y ~ x\n")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_check_of_a_missing_file(run: Run) -> None:
    done = run("check", "none.model", "--format", "json")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert set(found) == FINDING
    assert (found["rule"], found["file"]) == ("no-such-file", "none.model")
    assert (found["line"], found["column"], found["end_column"]) == (1, 1, 1)


def test_check_reports_to_stdout_all_faults_at_once(run: Run, example: Path) -> None:
    example.write_text('data "small.csv"\n\ny ~ xx + (1 | gg)\n')
    done = run("check", example.name)
    assert done.returncode == 1
    assert "`xx`" in done.stdout
    assert "`gg`" in done.stdout
    assert "Traceback" not in done.stderr
    found = json.loads(run("check", example.name, "--format", "json").stdout)
    errors = [entry for entry in found if entry["severity"] == "error"]
    assert [entry["line"] for entry in errors] == [3, 3]
    places = [(entry["line"], entry["column"]) for entry in found]
    assert places == sorted(places)
    lines = run("check", example.name, "--format", "concise").stdout.splitlines()
    assert len(lines) == len(found)
    assert any(
        line.startswith("small.model:3:5: error[unknown-column]") for line in lines
    )


def test_check_with_other_data(run: Run, example: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("y,z\n1,2\n2,1\n")
    done = run("check", example.name, "--data", "other.csv", "--format", "json")
    assert {entry["rule"] for entry in json.loads(done.stdout)} >= {"unknown-column"}
    done = run("check", example.name, "--data", "no.csv", "--format", "json")
    assert done.returncode == 1
    (found,) = json.loads(done.stdout)
    assert (found["rule"], found["file"]) == ("no-such-file", "no.csv")


def test_a_syntax_error_needs_no_data(run: Run) -> None:
    done = run("check", "-", "--format", "concise", stdin="y ~ x + 1 | g\n")
    assert done.returncode == 1
    assert "error[bare-bar]" in done.stdout


# ---- fmt ---------------------------------------------------------------------------

UGLY, NEAT = "y~x+( 1|g )\n", "y ~ x + (1 | g)\n"


def test_fmt_in_place(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_text(UGLY)
    assert run("fmt", "a.model", "--check").returncode == 1
    done = run("fmt", "a.model", "--diff")
    assert (done.returncode, path.read_text()) == (0, UGLY)
    assert f"-{UGLY}+{NEAT}" in done.stdout
    done = run("fmt", "a.model")
    assert (done.returncode, done.stdout, path.read_text()) == (0, "", NEAT)
    assert run("fmt", "a.model", "--check").returncode == 0
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.model"]


def test_fmt_of_stdin(run: Run) -> None:
    done = run("fmt", "-", stdin=UGLY)
    assert (done.returncode, done.stdout) == (0, NEAT)


def test_fmt_writes_utf8_on_any_terminal(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.model").write_bytes("\ufeffgröße~x # 名\r\n".encode())
    with (tmp_path / "a.model").open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "varying.runtime.cli", "fmt", "-"],
            stdin=file,
            capture_output=True,
            env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0"}
            | {"PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
        )
    assert done.stdout.decode() == "größe ~ x  # 名\n", done.stderr


def test_fmt_leaves_a_faulty_file_alone(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_text("y ~ (x\n")
    done = run("fmt", "a.model")
    assert (done.returncode, done.stdout) == (1, "")
    assert "error[" in done.stderr
    assert path.read_text() == "y ~ (x\n"


# ---- show --------------------------------------------------------------------------


def test_show_design_in_spite_of_other_faults(run: Run, example: Path) -> None:
    example.write_text(f"{example.read_text()}prior q ~ normal(0, 1)\n")
    done = run("show", "design", example.name)
    assert done.returncode == 1
    assert "group g: 6 levels" in done.stdout
    assert "unknown-target" in done.stderr
    example.write_text('data "small.csv"\n\ny ~ xx + (1 | g)\n')
    done = run("show", "design", example.name)
    assert (done.returncode, done.stdout) == (1, "")
    assert "unknown-column" in done.stderr


def test_show_design_json(run: Run, example: Path) -> None:
    done = run("show", "design", example.name, "--format", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert list(found) == [
        "model",
        "response",
        "population",
        "dpars",
        "groups",
        "rows",
        "dropped",
    ]
    assert found["model"] == "main"
    assert found["response"] == {"name": "y", "kind": "numeric", "levels": []}
    assert found["population"]["coefs"] == ["Intercept", "x"]
    assert found["dpars"] == {}
    (group,) = found["groups"]
    assert list(group) == ["name", "dpar", "coefs", "levels", "index", "correlated"]
    assert group["levels"] == ["s1", "s2", "s3", "s4", "s5", "s6"]
    # The fifth line of the file is row 4, counted from 0; it lacks `y`.
    assert [entry["row"] for entry in found["dropped"]] == [4]
    assert found["rows"] == [row for row in range(30) if row != 4]
    matrix = found["population"]["matrix"]
    assert len(matrix) == len(group["index"]) == 29
    assert all(row[0] == 1 for row in matrix)
    # Before centring: as in the file.
    first = (example.parent / "small.csv").read_text().splitlines()[1].split(",")
    assert matrix[0][1] == float(first[1])


def test_show_priors_json(run: Run, example: Path) -> None:
    example.write_text(example.read_text() + "  prior b ~ normal(0, 1)\n")
    done = run("show", "priors", example.name, "--format", "json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert all(
        list(row) == ["target", "prior", "source", "reason", "line"] for row in found
    )
    by_target = {row["target"]: row for row in found}
    assert by_target["b[x]"]["source"] == "spec"
    assert by_target["b[x]"]["line"] == 4
    assert by_target["sigma"]["source"] == "default"
    assert by_target["sigma"]["line"] is None


@pytest.mark.parametrize("what", ["design", "priors", "ir", "pymc"])
def test_show_as_text(run: Run, example: Path, what: str) -> None:
    done = run("show", what, example.name)
    assert done.returncode == 0
    assert done.stdout.strip()
    if what == "pymc":
        compile(done.stdout, "shown", "exec")


def test_show_without_data(run: Run) -> None:
    done = run("show", "design", "-", stdin="y ~ x\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs-data" in done.stderr


def test_the_design_beside_other_faults(run: Run, example: Path) -> None:
    faulty = "  prior b ~ norml(0, 1)\n  keep etta\n"
    example.write_text(f'data "small.csv"\ny ~ x\n{faulty}')
    done = run("show", "design", example.name, "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["population"]["coefs"] == ["Intercept", "x"]
    assert "unknown-distribution" in done.stderr and "unknown-target" in done.stderr
    # a matrix that is not finite is a fault, and no matrix
    example.write_text(f'data "small.csv"\ny ~ log(0 * x)\n{faulty}')
    done = run("show", "design", example.name, "--format", "json")
    assert (done.returncode, done.stdout) == (1, "")
    for rule in ("infinite-value", "unknown-distribution", "unknown-target"):
        assert rule in done.stderr


def test_show_and_fit_say_what_check_says(run: Run, example: Path) -> None:
    example.write_text('data "small.csv"\ny ~ xx\n  prior b ~ normal(0, 1\n')
    said = run("check", example.name, "--format", "json").stdout
    rules = {found["rule"] for found in json.loads(said)}
    assert len(rules) > 1
    for command in (("show", "ir"), ("fit",)):
        done = run(*command, example.name)
        assert done.returncode == 1
        assert all(rule in done.stderr for rule in rules)


def test_one_text_for_a_wrong_choice(run: Run, example: Path) -> None:
    example.write_text('data "small.csv"\nmodel a: y ~ x\nmodel b: y ~ 1\n')
    texts = set()
    for command in (("check",), ("show", "design"), ("show", "ir"), ("fit",)):
        done = run(*command, example.name, "--model", "c")
        assert done.returncode == 2
        found = (done.stdout + done.stderr).splitlines()
        texts.add(next(line for line in found if "unknown-model" in line))
    assert len(texts) == 1


# ---- how it ends -------------------------------------------------------------------


def test_several_models_need_a_choice(run: Run, example: Path) -> None:
    example.write_text('data "small.csv"\nmodel a: y ~ x\nmodel b: y ~ 1\n')
    for command in (("show", "ir"), ("fit",)):
        done = run(*command, example.name)
        assert done.returncode == 2
        assert "`a`, `b`" in done.stderr
    assert run("show", "ir", example.name, "--model", "c").returncode == 2
    assert run("show", "ir", example.name, "--model", "b").returncode == 0
    assert run("check", example.name).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("check",),
        ("check", "a.model", "--format", "xml"),
        ("fit", "a.model", "--draws", "0"),
        ("fit", "a.model", "--sampler", "stan"),
        ("fit", "a.model", "--backend", "numba"),
        ("fit", "a.model", "--backend", "kernel", "--sampler", "pymc"),
        ("fit", "a.model", "--target-accept", "1.5"),
        ("fit", "a.model", "--seed", "99999999999999999999999"),
    ],
)
def test_usage(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_place_that_cannot_be_written_is_said_before_sampling(
    run: Run, example: Path
) -> None:
    for out in ("no/such/folder/a.fit", str(example.parent)):
        done = run("fit", example.name, "--out", out)
        assert done.returncode == 3
        assert "cannot be written" in done.stderr


def test_a_fit_is_never_written_over_data_or_spec(run: Run, example: Path) -> None:
    before = example.read_bytes()
    done = run("fit", example.name, "--out", example.name)
    assert done.returncode == 3
    assert "is there and is no fit" in done.stderr
    assert example.read_bytes() == before


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind"
)
def test_a_file_that_may_not_be_read(run: Run, example: Path) -> None:
    example.chmod(0)
    done = run("check", example.name, "--format", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout)[0]["rule"] == "unreadable-file"


def test_summary_of_what_is_no_fit(run: Run, example: Path) -> None:
    done = run("summary", example.name)
    assert (done.returncode, done.stdout) == (1, "")
    assert "not-a-fit" in done.stderr


@pytest.mark.parametrize("fit", ["check", "prior", "fit"])
def test_a_fresh_process_says_what_a_copied_one_says(
    fit: str, example: Path, tmp_path: Path
) -> None:
    """The other tests run copies of a process that has loaded everything."""
    few = ("--draws", "20", "--seed", "1")
    calls = {
        "check": [("check", "small.model"), ("fmt", "-", "--check"), ("check", "no")],
        "prior": [("prior", "small.model", *few)],
        "fit": [
            ("fit", "small.model", *few, "--tune", "60", "--out", "a.fit"),
            ("summary", "a.fit", "--format", "json"),
        ],
    }
    for call in calls[fit]:
        said = []
        for fresh in (True, False):
            done = varying(*call, cwd=tmp_path, stdin="y~x\n", fresh=fresh)
            time = re.sub(r"in [0-9.]+ s\b", "in 1 s", done.stderr)
            said.append((done.returncode, done.stdout, time))
            if call[0] == "fit":
                (tmp_path / "a.fit").rename(tmp_path / f"{fresh}.fit")
        assert said[0] == said[1]
        if call[0] == "fit":
            (tmp_path / "False.fit").rename(tmp_path / "a.fit")


def test_version(run: Run) -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("varying ")


def test_check_loads_nothing_heavy(run: Run, example: Path, tmp_path: Path) -> None:
    (tmp_path / "probe.py").write_text(
        "import sys\n"
        "from varying.runtime.commands.check import run\n"
        f"run({example.name!r}, None, None, 'json')\n"
        "heavy = ('pymc', 'pytensor', 'pandas', 'arviz', 'xarray', 'scipy', 'rich', "
        "'duckdb')\n"
        "print([m for m in heavy if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "probe.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr.strip() == "[]"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux's")
@pytest.mark.parametrize("word", [["explain"], ["--help"], ["show", "ir"], ["check"]])
def test_standard_output_that_takes_nothing(word: list[str], example: Path) -> None:
    """What is full is named; a stream that is closed is nobody's fault."""
    words = [*word, *([example.name] if len(word) > 1 or word == ["check"] else [])]
    if word == ["check"]:
        words += ["--format", "json"]
    command = [sys.executable, "-m", "varying.runtime.cli", *words]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command,
            cwd=example.parent,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = "varying: standard output cannot be written: no space left on device"
    assert done.returncode == 3 and done.stderr.decode().endswith(f"{said}\n")
    assert b"Traceback" not in done.stderr
    shell = " ".join(["exec", *map(repr, command), ">&-"])
    closed = subprocess.run(
        ["sh", "-c", shell], cwd=example.parent, capture_output=True, check=False
    )
    assert closed.returncode == 0 and b"internal error" not in closed.stderr
