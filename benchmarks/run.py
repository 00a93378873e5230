"""Fit the same models with several tools and time them.

    python benchmarks/run.py
    python benchmarks/run.py --models ratings wine --tools varying bambi --repeat 1

``make bench`` does the first. Results go to ``build/bench/results.json`` after
each fit; ``report.py`` makes the table and the picture of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import measure
from draws import COMPARED, figures, read
from inputs import prepare
from report import line, table
from results import Record, Results, least
from suite import HERE, MODELS, WORK, Benchmark
from tools import tools
from tools.tool import Task, Tool

#: A collecting process may take so many seconds.
_GATHER = 900.0
#: Options that a result is for.
_SETTINGS = ("chains", "draws", "tune", "cores")


class FitFault(Exception):
    """A fit that gave no draws; the text says why."""


def main() -> None:
    """Run what the command line asks for."""
    options = _options()
    _keep_to(options.cores)
    known = tools()
    results = Results()
    reasons = {name: known[name].absent() for name in options.tools}
    for name, reason in reasons.items():
        if reason is not None:
            print(f"{name} is left out: {reason}", flush=True)
    for model, tool in _pairs(options, known):
        there = results.get(model.name, tool.name)
        if options.resume and there and _is_done(there, options):
            continue
        if (reason := reasons[tool.name]) is not None:
            # What an earlier run found out is worth more than this.
            if there is None:
                results.add(_record(model, tool, "absent", reason))
            continue
        print(f"{model.name}, {tool.name} ...", flush=True)
        record = _measured(model, tool, options)
        results.add(record)
        print(f"  {line(record)}", flush=True)
    print()
    print(table(results))


def _options() -> argparse.Namespace:
    names = list(tools())
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    add("--tools", nargs="+", choices=names, default=names)
    add("--repeat", type=int, default=1, metavar="N", help="warm runs of each (1)")
    add("--long", action="store_true", help="also what takes very long")
    add("--resume", action="store_true", help="leave out what has a result")
    add("--limit", type=float, default=3600.0, metavar="S", help="seconds a process")
    add("--chains", type=int, default=4)
    add("--draws", type=int, default=1000)
    add("--tune", type=int, default=1000)
    add("--cores", type=int, default=2)
    add("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.repeat < 1:
        parser.error("--repeat is at least 1")
    return options


def _keep_to(cores: int) -> None:
    """Keep to some processors, children too; where that is possible."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


def _pairs(
    options: argparse.Namespace, known: dict[str, Tool]
) -> Iterator[tuple[Benchmark, Tool]]:
    # Model by model, so that tools that are compared run one after the other.
    for model in options.models:
        for tool in options.tools:
            if options.long or tool not in MODELS[model].slow:
                yield MODELS[model], known[tool]


def _settings(options: argparse.Namespace) -> dict[str, int]:
    return {name: getattr(options, name) for name in _SETTINGS}


def _is_done(record: Record, options: argparse.Namespace) -> bool:
    """Whether a record need not be made again; what failed is tried again."""
    done = record["status"] in ("ok", "too long")
    return done and record.get("settings") == _settings(options)


def _record(model: Benchmark, tool: Tool, status: str, reason: str = "") -> Record:
    return {
        "model": model.name,
        "tool": tool.name,
        "status": status,
        "reason": reason,
        "note": tool.note,
        "runs": [],
    }


def _measured(model: Benchmark, tool: Tool, options: argparse.Namespace) -> Record:
    """Return the record of one model and tool; a failure is a record, too."""
    record = _record(model, tool, "ok")
    record["settings"] = _settings(options)
    # One cold run, then warm ones; without caches all are cold.
    count = options.repeat + 1 if tool.caches else options.repeat
    with tempfile.TemporaryDirectory(prefix="varying-bench-") as temporary:
        for number in range(count):
            try:
                prepare(model)
                run = _run(
                    model,
                    tool,
                    options,
                    number,
                    Path(temporary),
                    last=number == count - 1,
                )
            except TimeoutError:
                record["status"] = "too long"
                record["reason"] = f"ended after {options.limit:.0f} s"
                break
            except Exception as error:
                # Whatever it is, the other fits go on.
                record["status"] = "failed"
                record["reason"] = f"{type(error).__name__}: {error}"
                break
            own = run.pop("own")
            record["figures"] = run.pop("figures")
            record["runs"].append(run | {"cold": number == 0 or not tool.caches})
            kept = ("backend", "gradient", "no_gradient", "versions")
            record |= {key: own[key] for key in kept if own.get(key)}
    return record


def _run(
    model: Benchmark,
    tool: Tool,
    options: argparse.Namespace,
    number: int,
    caches: Path,
    *,
    last: bool,
) -> dict[str, Any]:
    folder = WORK / "fits" / model.name / tool.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    task = Task(
        model,
        folder,
        seed=options.seed + number,
        draws=options.draws,
        tune=options.tune,
        chains=options.chains,
        cores=options.cores,
        gradient=last,
    )
    path = task.write(coded=tool.coded)
    process = measure.run(tool.command(task, path), folder, caches, options.limit, HERE)
    _must_have_worked(process, folder)
    if tool.after is not None:
        # Its own caches, so that it does not warm those of the tool.
        gathering = folder / "after"
        gathering.mkdir()
        with tempfile.TemporaryDirectory(prefix="varying-bench-") as other:
            command = tool.after(task, path)
            done = measure.run(command, gathering, Path(other), _GATHER, HERE)
        _must_have_worked(done, gathering)
    own = json.loads((folder / "own.json").read_text("utf-8"))
    found = figures(read(folder))
    size, whose = least(found)
    # Scripts go on after the table is printed, to hand their draws over.
    seconds = own["done"] - process.start if "done" in own else process.seconds
    return {
        "seconds": seconds,
        "compile": own.get("compile"),
        "sampling": own["sampling"],
        "memory": process.memory,
        "cpu": process.cpu,
        "load": os.getloadavg()[0],
        "divergences": own["divergences"],
        "ess": size,
        "ess_of": whose,
        "rhat": max(
            (
                x["rhat"]
                for name, x in found.items()
                if name.partition("|")[0] in COMPARED and x["rhat"] is not None
            ),
            default=None,
        ),
        "ess_intercept": least(found, ("intercept",))[0],
        "ess_rate": None if size is None else size / own["sampling"],
        "outside": seconds - own["sampling"],
        "figures": found,
        "own": own,
    }


def _must_have_worked(process: measure.Process, folder: Path) -> None:
    if process.code is None:
        raise TimeoutError
    if process.code:
        said = (folder / "stderr").read_text("utf-8", "replace").strip().splitlines()
        raise FitFault(said[-1][:300] if said else f"exit code {process.code}")


if __name__ == "__main__":
    main()
