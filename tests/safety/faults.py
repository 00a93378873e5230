"""What is done to Varying that should not be done to it, and what comes of it.

    make faults [FAULTS="--runs 60"]

Files are damaged in hundreds of ways, fits are killed and interrupted at random
moments, disks are full and folders vanish. Each attempt ends in one of a few ways;
whatever else comes out is a fault of ours, is printed, and makes the script fail. The
table that it makes is in ``docs/trust.md``.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.command_line import write_example
from tests.runtime.fits import made_fit

import varying
from varying.grammar.diagnostics import ModelError

from .crafted_fits import crafted_fit_files

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- begin of the table of make faults -->", "<!-- end of it -->"

FIT = ("fit", "small.model", "--seed", "1", "--tune", "100", "--chains", "2")
INTERRUPTED = 130
#: Longer than any attempt takes; who takes longer hangs.
LIMIT = 120


@dataclass(slots=True)
class Outcome:
    """What attempts of one kind came to."""

    what: str
    ways: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, way: str) -> None:
        """Count an attempt that ended as it should."""
        self.ways[way] += 1

    def blame(self, text: str) -> None:
        """Note one that did not."""
        self.ways["WRONG"] += 1
        self.wrong.append(text)

    def row(self) -> str:
        """Return its row of the table."""
        ways = "; ".join(f"{count} {way}" for way, count in self.ways.most_common())
        total = sum(self.ways.values())
        return f"| {self.what} | {total} | {ways} | {len(self.wrong)} |"


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-m", "varying.runtime.cli", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # whoever started this may have switched Ctrl-C off
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for its end; return how it was and all that was said."""
    try:
        out, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return -1, "it hangs"
    return process.returncode, out + err


def unexplained(code: int, said: str) -> bool:
    """Whether a process ended without a word for its user."""
    return "Traceback" in said or "internal error" in said or code not in range(131)


def crafted_fits(folder: Path, runs: int) -> Outcome:
    """Load fit files that are not as they were written."""
    found = Outcome("fit files crafted: cut, changed, built anew, of other kinds")
    good = folder / "good"
    made_fit().save(good)
    for name, path in crafted_fit_files(folder, good.read_bytes()).items():
        try:
            varying.load(path)
            found.blame(f"fit file {name}: read")
        except ModelError as error:
            rule = error.diagnostics[0].rule
            if rule == "not-a-fit":
                found.add("`not-a-fit`")
            else:
                found.blame(f"fit file {name}: {rule}")
        except Exception as error:
            found.blame(f"fit file {name}: {error!r}")
    return found


def changed_bytes(folder: Path, runs: int) -> Outcome:
    """Change single bytes of a fit file, and cut it."""
    found = Outcome("a fit file with a byte changed, or cut at a byte")
    good, path = folder / "good", folder / "a.fit"
    made_fit().save(good)
    raw = good.read_bytes()
    rng = random.Random(2)
    for place in sorted(rng.sample(range(len(raw)), min(10 * runs, len(raw)))):
        flipped = bytes([raw[place] ^ (1 << rng.randrange(8))])
        for content in (raw[:place], raw[:place] + flipped + raw[place + 1 :]):
            path.write_bytes(content)
            try:
                varying.load(path)
                found.blame(f"byte {place}: read")
            except ModelError as error:
                rule = error.diagnostics[0].rule
                if rule == "not-a-fit":
                    found.add("`not-a-fit`")
                else:
                    found.blame(f"byte {place}: {rule}")
            except Exception as error:
                found.blame(f"byte {place}: {error!r}")
    return found


def crafted_data(folder: Path, runs: int) -> Outcome:
    """Check a model on data files that are damaged or strange."""
    from .crafted_data import CRAFTED, crafted_data_files, fault_of, outcomes

    found = Outcome("data files crafted: damaged, bombs, of other kinds, strange")
    taken = {one.name: one for one in outcomes(crafted_data_files(folder))}
    for crafted in CRAFTED:
        outcome = taken[crafted.name]
        fault = fault_of(crafted, outcome)
        if fault is not None:
            found.blame(f"data file {crafted.name}: {fault}")
        else:
            found.add("refused by a rule" if outcome.rules else "read as they are")
    return found


def moments(rng: random.Random, runs: int, longest: float) -> Iterator[float]:
    """Yield moments of a fit, most of them after it has begun to sample."""
    for _ in range(runs):
        yield rng.uniform(0.05, longest)


def duration(folder: Path, *more: str) -> float:
    """Return how long a fit takes; the first compiles its kernel."""
    for _ in range(2):
        start = time.perf_counter()
        code, said = ended(started(folder, *FIT, *more))
        assert code == 0, said
        taken = time.perf_counter() - start
    return taken


def killed(folder: Path, runs: int) -> Outcome:
    """End fits that write over an older one with SIGKILL."""
    found = Outcome("`fit` over an older fit, ended by SIGKILL at a random moment")
    more = ("--draws", "3000", "--out", "a.fit")
    longest = 1.1 * duration(folder, *more)
    before = (folder / "a.fit").read_bytes()
    for moment in moments(random.Random(3), runs, longest):
        process = started(folder, *FIT, *more)
        time.sleep(moment)
        process.kill()
        process.communicate()
        try:
            varying.load(folder / "a.fit")
        except ModelError as error:
            found.blame(f"killed after {moment:.2f} s: {error}")
            continue
        same = (folder / "a.fit").read_bytes() == before
        found.add("the older fit is whole" if same else "the new fit is whole")
    code, said = ended(started(folder, *FIT, *more))
    left = [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]
    if code or left:
        found.blame(f"left behind: {left}; {said}")
    return found


def interrupted(folder: Path, runs: int, number: signal.Signals, name: str) -> Outcome:
    """Interrupt fits, once or twice."""
    found = Outcome(f"`fit` interrupted by {name} at a random moment")
    more = ("--draws", "40000", "--out", "a.fit")
    longest = duration(folder, *more)
    rng = random.Random(4)
    for number_of, moment in enumerate(moments(rng, runs, longest)):
        (folder / "a.fit").unlink(missing_ok=True)
        process = started(folder, *FIT, *more)
        time.sleep(moment)
        process.send_signal(number)
        if number_of % 4 == 3:
            time.sleep(rng.uniform(0, 0.3))
            process.send_signal(number)
        code, said = ended(process)
        left = [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]
        early = code == -number and moment < 0.4  # Python itself was starting
        if left or (unexplained(code, said) and not early and code != -number):
            found.blame(f"{name} after {moment:.2f} s: {code}, {left}, {said[-500:]}")
            continue
        if not (folder / "a.fit").exists():
            if code == 0:
                found.blame(f"{name} after {moment:.2f} s: ended well, without a fit")
            else:
                found.add("nothing was drawn yet, or twice: no file")
            continue
        fit = varying.load(folder / "a.fit")
        found.add("a partial fit that says so" if fit.partial else "the fit is whole")
        if fit.partial != ("partial" in fit.verdict.sentences[0]):
            found.blame(f"{name} after {moment:.2f} s: {fit.verdict.sentences[0]}")
    return found


def by_ctrl_c(folder: Path, runs: int) -> Outcome:
    """Interrupt as Ctrl-C does."""
    return interrupted(folder, runs, signal.SIGINT, "Ctrl-C")


def by_sigterm(folder: Path, runs: int) -> Outcome:
    """Interrupt as batch systems do."""
    return interrupted(folder, runs, signal.SIGTERM, "SIGTERM")


def full_disk(folder: Path, runs: int) -> Outcome:
    """Let no file grow beyond a size, as on a disk that is full."""
    import resource

    found = Outcome("`fit` where files cannot grow, as on a full disk")
    more = ("--draws", "2000", "--out", "a.fit")
    duration(folder, *more)
    before = (folder / "a.fit").read_bytes()
    size = len(before)
    rng = random.Random(5)
    limits = [0, 100, 4095, 4096, 8000, size - 1]
    limits += [rng.randrange(8192, size) for _ in range(max(runs // 2 - 6, 0))]
    for limit in limits:

        def small(limit: int = limit) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        process = subprocess.Popen(
            [sys.executable, "-m", "varying.runtime.cli", *FIT, *more],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=small,
        )
        code, said = ended(process)
        left = [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]
        changed = (folder / "a.fit").read_bytes() != before
        if unexplained(code, said) or code != 3 or left or changed:
            found.blame(f"limit {limit}: {code}, {left}, {said[-500:]}")
        elif "R-hat" in said:
            found.add("said after sampling, with the table; the older fit is whole")
        else:
            found.add("said before sampling; the older fit is whole")
    return found


def vanished(folder: Path, runs: int) -> Outcome:
    """Take the folder of the fit away while it samples."""
    found = Outcome("`fit` into a folder that vanishes while it samples")
    for _ in range(max(runs // 8, 2)):
        place = folder / "results"
        place.mkdir(exist_ok=True)
        out = ("--draws", "20000", "--out", "results/a.fit")
        process = started(folder, *FIT, *out)
        assert process.stderr is not None
        while "sampling" not in (line := process.stderr.readline()) and line:
            pass
        shutil.rmtree(place)
        code, said = ended(process)
        rescued = folder / "a.fit"
        if code == 3 and rescued.exists() and str(rescued) in said:
            varying.load(rescued)
            found.add("saved in another place, which is named")
        else:
            found.blame(f"vanished folder: {code}, {said[-500:]}")
        rescued.unlink(missing_ok=True)
    return found


def no_target(folder: Path, runs: int) -> Outcome:
    """Ask for places that nothing can be written to."""
    found = Outcome("`fit` to a device, a folder, through broken links, a long name")
    (folder / "dangling").symlink_to("not/there")
    (folder / "round").symlink_to("round")
    (folder / "to_folder").symlink_to(".")
    targets = ["/dev/full", "/dev/null", ".", "none/a.fit", "dangling", "round"]
    targets += ["to_folder", "x/", "a" * 300, "small.csv", "small.model", "/proc/a.fit"]
    for target in targets:
        code, said = ended(started(folder, *FIT, "--out", target))
        if code != 3 or unexplained(code, said) or "sampling" in said:
            found.blame(f"--out {target}: {code}, {said[-500:]}")
        else:
            found.add("refused before sampling")
    return found


def no_memory(folder: Path, runs: int) -> Outcome:
    """Ask for more draws than there is memory for."""
    found = Outcome("`fit` of more draws than there is memory for")
    for more in (("--draws", "10" + "0" * n) for n in (9, 10, 12, 15, 17)):
        code, said = ended(started(folder, *FIT, *more, "--out", "a.fit"))
        if code == 3 and "not-enough-memory" in said and "of memory" in said:
            found.add("refused with the number of bytes")
        else:
            found.blame(f"{more}: {code}, {said[-500:]}")
    return found


ATTEMPTS: tuple[Callable[[Path, int], Outcome], ...] = (
    crafted_fits,
    changed_bytes,
    crafted_data,
    killed,
    by_ctrl_c,
    by_sigterm,
    full_disk,
    vanished,
    no_target,
    no_memory,
)


def main() -> int:
    """Make all attempts; write the table; return 1 if something is wrong."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--write", action="store_true", help="put it in docs/trust.md")
    options = parser.parse_args()
    rows = ["| what is done | times | what comes out | wrong |", "|---|---|---|---|"]
    wrong: list[str] = []
    for attempt in ATTEMPTS:
        if options.only and attempt.__name__ not in options.only:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            write_example(folder)
            found = attempt(folder, options.runs)
        rows.append(found.row())
        wrong += found.wrong
        print(rows[-1], flush=True)
    for text in wrong:
        print(f"WRONG: {text}")
    if options.write:
        text = PAGE.read_text("utf-8")
        head, _, rest = text.partition(BEGIN)
        _, _, tail = rest.partition(END)
        table = "\n".join(rows)
        PAGE.write_text(f"{head}{BEGIN}\n{table}\n{END}{tail}", "utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "Agg")
    sys.exit(main())
