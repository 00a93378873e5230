"""A process that has loaded the command, and is copied for each run of it.

A run is then a process of its own all the same, through the same ``main``, with its own
streams, folder and arguments; what it saves is to load the libraries several hundred
times. Started as a script, this file is that process.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[2]
#: Where a process can be copied.
POSSIBLE = hasattr(os, "fork") and sys.platform != "darwin"


def environment() -> dict[str, str]:
    """Return the environment of a run; pytest's own note of the test is left out."""
    own = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    return {**own, "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}


def run(
    arguments: Sequence[str], cwd: Path, stdin: str
) -> subprocess.CompletedProcess[str] | None:
    """Run the command, and return what it said; none where it needs a fresh process."""
    if not POSSIBLE:
        return None
    server, started_in = _server()
    if environment() != started_in:
        return None
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        streams[0].write_text(stdin, encoding="utf-8", newline="")
        request = [list(arguments), str(cwd), *map(str, streams)]
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(json.dumps(request) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the process that is copied has ended"
        said = [path.read_text(encoding="utf-8") for path in streams[1:]]
    return subprocess.CompletedProcess([*arguments], int(answer), *said)


@cache
def _server() -> tuple[subprocess.Popen[str], dict[str, str]]:
    chosen = environment()
    server = subprocess.Popen(
        [sys.executable, __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=chosen,
        text=True,
        encoding="utf-8",
    )
    atexit.register(server.communicate)
    return server, chosen


# ---- the process that is copied ------------------------------------------------------


def _serve() -> None:
    _load()
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        with warnings.catch_warnings():
            # Arrow's allocator has a thread, and knows what to do in a copy
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _become(*json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _load() -> None:
    """Import what the runs will: the commands, and the libraries that fit."""
    import importlib
    import pkgutil

    import varying

    for found in pkgutil.walk_packages(varying.__path__, "varying."):
        importlib.import_module(found.name)


def _become(arguments: list[str], cwd: str, *streams: str) -> NoReturn:
    from varying.runtime import cli

    os.chdir(cwd)
    for number, path in enumerate(streams):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False)
    sys.stderr = sys.__stderr__ = open(
        2, "w", buffering=1, errors="backslashreplace", closefd=False
    )
    # as `python -m` has them
    sys.argv = [cli.__file__, *arguments]
    sys.path[0] = cwd
    os._exit(_ended(cli.main))


def _ended(main: Any) -> int:
    """Run to the end, and return the status that Python would leave."""
    status = 0
    try:
        main()
    except SystemExit as error:
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
            status = 1
        else:
            status = error.code or 0
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status


if __name__ == "__main__":
    _serve()
