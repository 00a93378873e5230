"""The package: its three links, the build that guards them, what importing loads."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from varying.grammar.rules import RULES

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("grammar", "compiler", "runtime")


def run(
    *command: str | Path, cwd: Path = ROOT, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ, PYTHONWARNINGS="default")
    if path is not None:
        env["PYTHONPATH"] = str(path)
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def copy_source(target: Path) -> Path:
    """Copy what a build reads, links as links."""
    keep = ("src", *PARTS)
    for name in keep:
        shutil.copytree(
            ROOT / name,
            target / name,
            symlinks=True,
            ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"),
        )
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, target / name)
    return target


def test_tests_mirror_the_rooms() -> None:
    """A room that is renamed or joined takes its tests along."""

    def folders(place: Path) -> set[str]:
        return {p.name for p in place.iterdir() if any(p.glob("*.*"))}

    tests = folders(ROOT / "tests")
    across = {"agreement", "diagnostics", "e2e", "reduce", "safety", "statistics"}
    rooms = folders(ROOT / "compiler") | {"grammar", "runtime"}
    assert tests <= rooms | across | {"references", "specs"}
    assert across <= tests
    assert folders(ROOT / "tests/runtime") <= folders(ROOT / "runtime")


@pytest.mark.parametrize("part", PARTS)
def test_link(part: str) -> None:
    link = ROOT / "src" / "varying" / part
    assert link.is_symlink()
    assert Path(os.readlink(link)).as_posix() == f"../../{part}"
    assert link.resolve() == ROOT / part
    assert (link / "__init__.py").is_file()


def test_no_folder_without_init() -> None:
    """A folder of modules without ``__init__.py`` would be left out of the wheel."""
    folders = {file.parent for part in PARTS for file in (ROOT / part).rglob("*.py")}
    missing = [folder for folder in folders if not (folder / "__init__.py").is_file()]
    assert missing == []


def test_setup_accepts_links(tmp_path: Path) -> None:
    copy_source(tmp_path)
    done = run(sys.executable, "setup.py", "--version", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert done.stdout.strip().splitlines()[-1] == project["version"]


@pytest.mark.parametrize("broken", [PARTS, ("compiler",)], ids=["all", "one"])
def test_setup_refuses_text_files(tmp_path: Path, broken: tuple[str, ...]) -> None:
    copy_source(tmp_path)
    for part in broken:  # as git writes a link where it does not make links
        link = tmp_path / "src" / "varying" / part
        link.unlink()
        link.write_text(f"../../{part}", encoding="utf-8")
    done = run(sys.executable, "setup.py", "--version", cwd=tmp_path)
    assert done.returncode != 0
    for part in PARTS:
        assert (f"    src/varying/{part}\n" in done.stderr) == (part in broken)
    assert "Cause:" in done.stderr
    assert "git config core.symlinks true" in done.stderr
    assert "ln -s ../../grammar ../../compiler ../../runtime ." in done.stderr
    assert "Traceback" not in done.stderr


def test_setup_refuses_dangling_links(tmp_path: Path) -> None:
    copy_source(tmp_path)
    shutil.rmtree(tmp_path / "runtime")
    done = run(sys.executable, "setup.py", "--version", cwd=tmp_path)
    assert done.returncode != 0
    assert "    src/varying/runtime\n" in done.stderr


def test_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    copy_source(source)
    done = run(sys.executable, "-c", BUILD, tmp_path, cwd=source)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("varying-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {
        f"varying/{file.relative_to(ROOT).as_posix()}"
        for part in PARTS
        for file in (ROOT / part).rglob("*.py")
    }
    wanted |= {
        "varying/__init__.py",
        "varying/py.typed",
        "varying/grammar/model.lark",
        *(f"varying/grammar/pages/{rule}.md" for rule in RULES),
    }
    assert wanted - names == set()
    metadata = {name for name in names if ".dist-info/" in name}
    assert {name.split("/")[0] for name in names - metadata} == {"varying"}
    assert any(name.endswith("/LICENSE") for name in metadata)

    # What was built runs, from nowhere near the source.
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import varying.grammar as g; print(g.__file__)"
    done = run(sys.executable, "-P", "-c", code, cwd=tmp_path, path=tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(tmp_path / "site")


# The build front end calls exactly this; calling it here needs no network.
BUILD = """
import sys
from setuptools import build_meta
build_meta.build_wheel(sys.argv[1])
"""

HEAVY = (
    *("pymc", "pytensor", "nutpie", "arviz", "pandas", "scipy", "matplotlib"),
    "duckdb",
)


@pytest.mark.parametrize("module", ["varying", "varying.grammar"])
def test_import_is_light(module: str) -> None:
    code = f"import sys, {module}; print(sorted(sys.modules.keys() & {set(HEAVY)}))"
    done = run(sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


COMMAND = """
import sys
from varying.runtime.cli import main

names, sys.argv = sys.argv[1].split(","), ["varying", *sys.argv[2:]]
try:
    code = main()
except SystemExit as stop:
    code = stop.code
print(code or 0, [name for name in names if name in sys.modules])
"""

EXAMPLE = "examples/ratings/ratings.model"
#: What no command needs that only looks at a spec and its data, or at a fit.
LATER = (
    *("matplotlib", "numba", "llvmlite", "xarray", "zarr", "arviz_base"),
    *("varying.runtime.sampling.run", "varying.compiler.passes"),
    *("varying.compiler.backends", "varying.compiler.lower.program"),
)
#: What only a fault needs, or only a spec that has something of the kind.
SELDOM = (
    *("rich", "pyarrow", "varying.compiler.data.formats.excel"),
    *(
        "varying.compiler.data.formats.r_objects",
        "varying.compiler.data.formats.statistical",
    ),
    *("varying.grammar.elsewhere.models", "varying.grammar.elsewhere.reading"),
)
#: Where the text of a spec is read.
READING = ("lark", "varying.grammar.parser", "varying.grammar.tree")


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (("check", EXAMPLE), {*HEAVY, *LATER, *SELDOM}),
        (("fmt", "--diff", EXAMPLE), {*HEAVY, *LATER, *SELDOM, "numpy"}),
        (("explain", "wide-prior"), {*HEAVY, *LATER, *READING, "numpy"}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_is_light(command: tuple[str, ...], absent: set[str]) -> None:
    """It imports nothing that takes long and that it has no use for."""
    assert_without(command, absent)


def assert_without(command: tuple[str | Path, ...], absent: set[str]) -> None:
    ours = [name for name in absent if name.startswith("varying.")]
    assert all(map(find_spec, ours))  # one that is spelled wrong is absent, too
    done = run(sys.executable, "-c", COMMAND, ",".join(sorted(absent)), *command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "0 []"


FIT = """
import sys
from varying.runtime.cli import main
from varying.runtime.sampling.samplers import kernel

meanwhile, kernel.MEANWHILE = kernel.MEANWHILE, ()
sys.argv = ["varying", "fit", sys.argv[1], "--seed", "1", "--out", sys.argv[2]]
sys.argv += ["--draws", "20", "--tune", "20", "--backend", "kernel"]
try:
    code = main()
except SystemExit as stop:
    code = stop.code
loaded = sys.modules.keys()
print(code or 0, sorted(loaded & {"numba", "nutpie", "pymc", "pytensor"}))
print([name for name in meanwhile if name not in loaded])
"""


def test_a_fit_by_the_kernel_is_light(tmp_path: Path) -> None:
    """And what it imports while it samples is needed by the results in any case."""
    command = (sys.executable, "-c", FIT, EXAMPLE, tmp_path / "a.fit")
    run(*command)  # on a computer without the compiled kernel, it is compiled here
    done = run(*command)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-2:] == ["0 []", "[]"]
    saved = tmp_path / "a.fit"
    assert_without(("summary", saved), {*HEAVY, *LATER, *READING})
