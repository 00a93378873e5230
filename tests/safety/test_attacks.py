"""A spec is data: it runs nothing, and reads the file that it names and no other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from varying.compiler.data.duck import connected
from varying.compiler.driver import Request, compile_spec
from varying.grammar import ModelError, Source

ROOT = Path(__file__).resolve().parents[2]

HARMLESS = (
    'data "data.csv"\ny ~ x*f + poly(x, 2) + (1 | g)\n',
    'data "data.csv"\ny ~ . + yy + log(f)\n  prior b[z] ~ norml(0, 1)\n',
    'data "dat.csv"\ny ~ x\n',
    'data "data.csv"\nbf(y ~ x, sigma ~ x)\n',
    'data "data.parquet"\ny ~ x*f + (1 | g)\n',
    'data "data.feather"\ny ~ x*f + (1 | g)\n',
    'data "data.csv.gz"\ny ~ x*f + (1 | g)\n',
    'data "http://localhost:1/x.csv"\ny ~ x\n',
)

#: Each with the rule that stops it, or none where it is no attack but a name.
ATTACKS = {
    # code
    "y ~ __import__('os').system('touch pwned')": "syntax",
    "let a = __import__('os')\ny ~ a": "unknown-function",
    "let a = eval('1+1')\ny ~ a": "unknown-function",
    "let a = exec('import os')\ny ~ a": "unknown-function",
    "let a = open('secret.txt')\ny ~ a": "unknown-function",
    "let a = system('touch pwned')\ny ~ a": "unknown-function",
    "let a = getattr(x, 'T')\ny ~ a": "unknown-function",
    "let a = lambda(x)\ny ~ a": "unknown-function",
    "let a = print(x)\ny ~ a": "unknown-function",
    "y ~ source('secret.R')": "unknown-function",
    "where open('secret.txt') == 'x'\ny ~ x": "unknown-function",
    "y ~ x\n  prior b ~ eval('1')": "unknown-distribution",
    "y ~ x\n  prior b ~ normal(0, eval('1'))": "invalid-argument",
    "y ~ x, family=__import__('os')": "unknown-family",
    "y ~ x, family=os.system": "unknown-family",
    "y ~ x, link=open('secret.txt')": "unknown-link",
    "y ~ `__import__('os').system('touch pwned')`": "unknown-column",
    "import os\ny ~ x": "foreign-code",
    "y ~ x; import os": "unexpected-character",
    "lambda: 0\ny ~ x": "unknown-statement",
    "y ~ @x": "unexpected-character",
    "y ~ f'{x}'": "syntax",
    "y ~ {x}": "unexpected-character",
    "y ~ x\ntest t = __import__('os') > 0": None,
    "y ~ x\nquantity q = open('secret.txt')": None,
    "column f: eval('1')\ny ~ x": "unknown-type",
    "column f: factor, contrast=open('secret.txt')\ny ~ f": "unknown-contrast",
    # attributes and scope
    "y ~ x.__class__": "unknown-column",
    "y ~ x .__class__": "unquoted-name",
    "y ~ (x).__class__.__mro__": "syntax",
    "y ~ x['__class__']": None,
    "y ~ __builtins__": "unknown-column",
    "y ~ __name__ + __file__": "unknown-column",
    "y ~ x + secret_of_the_caller": "unknown-column",
    "let __class__ = x + 1\ny ~ __class__": None,
    "let `x.__class__` = x + 1\ny ~ `x.__class__`": None,
    # files
    'data "secret.txt"\ny ~ x': "empty-data",
    'data "*.csv"\ny ~ x': "no-such-file",
    'data "{data,other}.csv"\ny ~ x': "no-such-file",
    'data "http://127.0.0.1:9/x.csv"\ny ~ x': "no-such-file",
    'data "https://127.0.0.1:9/x.parquet"\ny ~ x': "no-such-file",
    'data "s3://bucket/x.parquet"\ny ~ x': "no-such-file",
    'data "file:///etc/passwd"\ny ~ x': "no-such-file",
    'data "data.csv?x=1"\ny ~ x': "no-such-file",
    'data "evil.pkl"\ny ~ x': "unknown-format",
    'data "evil.npy"\ny ~ x': "unknown-format",
    'data "evil.parquet"\ny ~ x': "data-format",
    'data "evil.csv"\ny ~ x': "unknown-column",
    'data "evil.feather"\ny ~ x': "data-format",
    'data "."\ny ~ x': "unreadable-file",
    'data "/dev/stdin"\ny ~ x': "unreadable-file",
    "data \"x'; COPY (SELECT 1) TO 'pwned.csv'; --.parquet\"\ny ~ x": "no-such-file",
    "data \"data.csv'; ATTACH 'pwned.db\"\ny ~ x": "no-such-file",
    'data "|touch pwned"\ny ~ x': "no-such-file",
    'data "$(touch pwned).csv"\ny ~ x': "no-such-file",
    'data "data.csv", path="secret.txt"\ny ~ x': "unknown-option",
    'data "data.csv", sheet=open("secret.txt")\ny ~ x': "invalid-argument",
    # names that SQL or Python could take for their own
    'data "names.parquet"\ny ~ `a"; COPY (SELECT 1) TO \'pwned.csv\'; --`': None,
    'data "names.parquet"\ny ~ `"]; import os; os.system("touch pwned")#`': None,
    'data "names.parquet"\ny ~ .': None,
}


def whole(attack: str) -> str:
    """Return the spec of an attack: without a file of its own it has the data."""
    return attack if attack.startswith("data") else f'data "data.csv"\n{attack}'


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said of a spec, and what happened meanwhile."""

    rules: tuple[str, ...]
    events: tuple[tuple[str, ...], ...]


def write_files(folder: Path) -> None:
    """Write the data, what must not be read, and what must not be believed."""
    frame = pd.DataFrame(
        {
            "y": [0.5, 1.5, 2.0, 3.5, 1.0, 2.5, 0.0, 4.0],
            "x": [1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 0.5, 3.5],
            "f": list("abababab"),
            "g": ["u", "u", "v", "v", "w", "w", "t", "t"],
        }
    )
    for name in ("data.csv", "other.csv", "data.csv.gz"):
        frame.to_csv(folder / name, index=False)
    frame.to_parquet(folder / "data.parquet")
    frame.to_feather(folder / "data.feather")
    names = ["y", "a\"; COPY (SELECT 1) TO 'pwned.csv'; --"]
    names += ['"]; import os; os.system("touch pwned")#', "g"]
    frame.set_axis(names, axis=1).to_parquet(folder / "names.parquet")
    (folder / "secret.txt").write_text("secret")
    # a pickle that would make a file
    pickle = b"cos\nsystem\n(S'touch pwned'\ntR."
    for name in ("evil.pkl", "evil.npy", "evil.parquet", "evil.csv", "evil.feather"):
        (folder / name).write_bytes(pickle)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """All attacks, in one process that is watched."""
    folder = tmp_path_factory.mktemp("attacked")
    write_files(folder)
    before = sorted(path.name for path in folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", "tests.safety.watched", str(folder)],
        input=json.dumps({"harmless": HARMLESS, "attacks": [*map(whole, ATTACKS)]}),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "secret_of_the_caller": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert sorted(path.name for path in folder.iterdir()) == before
    assert not (ROOT / "pwned").exists()
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return {
        text: Outcome(
            tuple(result["rules"]), tuple(tuple(event) for event in result["events"])
        )
        for text, result in zip(ATTACKS, results, strict=True)
    }


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_it_is_stopped(attack: str, outcomes: dict[str, Outcome]) -> None:
    rule = ATTACKS[attack]
    if rule is not None:
        assert rule in outcomes[attack].rules


@pytest.mark.parametrize("attack", ATTACKS, ids=ascii)
def test_nothing_else_happens(attack: str, outcomes: dict[str, Outcome]) -> None:
    named = whole(attack).split('"')[1]
    unexpected = [
        event
        for event in outcomes[attack].events
        if not (event[0] == "open" and Path(event[1]).name == named)
        and not expected(event)
    ]
    assert unexpected == []


def expected(event: tuple[str, ...]) -> bool:
    """Whether an event is the program's own: its files, its libraries', a workplace."""
    kind, what = event[0], event[1] if len(event) > 1 else ""
    if kind in ("import", "sys._getframe"):
        return True  # of libraries: their files are opened, and code is run, as below
    if kind in ("open", "exec", "marshal.loads"):
        what = what.removeprefix("code of ")
        if Path(what).name.startswith("varying-"):
            return True  # the folder for what DuckDB has no memory for
        own = (str(ROOT / "src"), str(ROOT / "grammar"), str(ROOT / "compiler"))
        return what.startswith((*own, sys.prefix, sys.base_prefix, "<frozen"))
    if kind in ("tempfile.mkdtemp", "os.mkdir", "os.rmdir", "shutil.rmtree"):
        return "varying-" in what
    return False


def test_the_watch_sees_what_it_is_for(tmp_path: Path) -> None:
    code = (
        "import json, sys, tests.safety.watched as w\n"
        "sys.addaudithook(w.note); w.noting = True\n"
        f"open({str(tmp_path / 'x')!r}, 'w').close(); eval('1'); __import__('this')\n"
        "import os, socket; os.system('true'); socket.socket()\n"
        "w.noting = False; json.dump(w.events, open(sys.argv[1], 'w'))\n"
    )
    target = tmp_path / "events.json"
    command = [sys.executable, "-c", code, str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    seen = json.loads(target.read_text())
    kinds = {event[0] for event in seen}
    assert {"open", "exec", "import", "os.system", "socket.__new__"} <= kinds
    assert not all(expected(tuple(event)) for event in seen)


# ---- DuckDB --------------------------------------------------------------------------

QUERIES = (
    "SELECT * FROM read_csv('{other}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM glob('{folder}/*')",
    "COPY (SELECT 1) TO '{folder}/pwned.csv'",
    "ATTACH '{folder}/pwned.db'",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_paths = ['{secret}']",
    "EXPORT DATABASE '{folder}/pwned'",
)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", ["data.csv", "o'clock [1].csv"])
def test_duckdb_reads_the_file_and_no_other(
    query: str, name: str, tmp_path: Path
) -> None:
    import duckdb

    write_files(tmp_path)
    if name != "data.csv":
        (tmp_path / "data.csv").rename(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    places = {
        "folder": tmp_path,
        "other": tmp_path / "other.csv",
        "secret": tmp_path / "secret.txt",
    }
    with connected(tmp_path / name) as (connection, path):
        rows = connection.execute(f"SELECT count(*) FROM read_csv({path})").fetchall()
        assert rows == [(8,)]
        with pytest.raises(duckdb.Error):
            connection.execute(query.format(**places)).fetchall()
    assert sorted(tmp_path.iterdir()) == before


# ---- size ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("y ~ (x + f + g)^8 # " + "x" * 1_000_000, "spec-too-large"),
        ("y ~ " + "(" * 101 + "x" + ")" * 101, "nested-too-deep"),
        ("y ~ (" + " + ".join(f"I(x^{i})" for i in range(2, 400)) + ")^3", None),
    ],
    ids=["bytes", "brackets", "coefficients"],
)
def test_size_is_bounded(text: str, rule: str | None, tmp_path: Path) -> None:
    write_files(tmp_path)
    with pytest.raises(ModelError) as caught:
        compile_spec(Request(Source(f'data "data.csv"\n{text}'), base=tmp_path))
    rules = {diagnostic.rule for diagnostic in caught.value.diagnostics}
    assert (rule or "too-many-coefficients") in rules
