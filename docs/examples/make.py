"""Make the tables and pictures of the pages of the examples.

    make pages
    python docs/examples/make.py [NAME ...]

A page, and the README of its example, say themselves what stands where::

    <!-- compare slopes -->
    ...
    <!-- end -->

The lines between are replaced by what the comment asks for; the rest is left
alone. Fits have seed 1 and are kept in ``build/fits`` until the spec, its data or
what the compiler makes of them changes.
The figures of R are read from the example's ``reference.json``.

============================  ==================================================
``spec``                      the spec
``prior MODEL``               what ``varying prior`` prints
``fit MODEL``                 what ``varying summary`` prints
``compare MODEL ...``         R's figures, ours, the difference
``loo MODEL ...``             models compared by leave-one-out cross-validation
``run COMMAND``               the command and what it prints; ``MODEL.fit`` in it is
                              a fit, and files are those of the example
``picture FILE HOW | TEXT``   an image; HOW is ``prior MODEL``, ``plot.py MODEL
                              ...`` (the example's own), or kind, model and
                              options of ``varying plot``; TEXT describes it
============================  ==================================================
"""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import arviz as az
from PIL import Image

import varying

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
IMAGES = HERE.parent / "images"
FITS = ROOT / "build" / "fits"
NAMES = ("sleepstudy", "radon", "trolley", "tadpoles", "reaction", "ratings", "items")
#: Models that stand in a spec of another name.
ELSEWHERE = {"ratings.alike": "naive.model", "ratings.people": "naive.model"}
BLOCK = re.compile(r"(<!-- ([a-z]+)([^\n]*) -->\n).*?(<!-- end -->)", re.DOTALL)
#: As many parameters of a kind have one row together.
MANY = 12
#: The last pair of brackets of a name: with it goes all but the kind of parameter.
LABEL = re.compile(r"\[?\[[^\[\]]*\]\]?$")
#: For each command that draws random numbers.
SEED = ("--seed", "1")
#: What the verdict on a first fit asked for.
OPTIONS = {
    "sleepstudy.spread": ("--target-accept", "0.95"),
    "trolley.people": ("--draws", "3000"),
    "items.two": ("--draws", "2000"),
}


def run(*command: str | Path) -> str:
    """Return what a command prints, without trailing blanks."""
    found = subprocess.run(
        [str(part) for part in command],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    return "\n".join(line.rstrip() for line in found.stdout.strip("\n").splitlines())


def varying_command(*arguments: str | Path) -> str:
    """Return what ``varying`` prints."""
    return run(Path(sys.executable).with_name("varying"), *arguments)


class Example:
    """One example: its spec, its fits, and what its page asks of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.folder = ROOT / "examples" / name
        self.spec = self.folder / f"{name}.model"
        reference = self.folder / "reference.json"
        self.reference = (
            json.loads(reference.read_text("utf-8")) if reference.exists() else {}
        )
        self._loaded: dict[str, varying.Fit] = {}
        self._paths: dict[str, Path] = {}

    def path(self, model: str) -> Path:
        """Return the fit file of a model; fit it if there is none of this program."""
        if model not in self._paths:
            self._paths[model] = self._made(model)
        return self._paths[model]

    def _made(self, model: str) -> Path:
        name = f"{self.name}.{model}"
        spec = self._spec(model)
        path, key = FITS / f"{name}.fit", FITS / f"{name}.key"
        options = [*SEED, *OPTIONS.get(name, ())]
        now = self._key(model, *options)
        if path.exists() and key.exists() and key.read_text("utf-8") == now:
            return path
        FITS.mkdir(parents=True, exist_ok=True)
        print(f"fitting {name}", flush=True)
        varying_command("fit", spec, "--model", model, *options, "--out", path)
        key.write_text(now, "utf-8")
        return path

    def _key(self, model: str, *options: str) -> str:
        """Return a hash of all that a fit depends on but the versions."""
        spec = self._spec(model)
        program = varying_command("show", "ir", spec, "--model", model)
        data = (self.folder / f"{self.name}.csv").read_bytes()
        text = "\n".join([spec.read_text("utf-8"), program, *options])
        return sha256(text.encode() + data).hexdigest()

    def _spec(self, model: str) -> Path:
        return self.folder / ELSEWHERE.get(f"{self.name}.{model}", self.spec.name)

    def fit(self, model: str) -> varying.Fit:
        """Return the fit of a model."""
        if model not in self._loaded:
            self._loaded[model] = varying.load(self.path(model))
        return self._loaded[model]

    def block(self, kind: str, arguments: str) -> str:
        """Return what stands between a comment and its end."""
        text = ""
        if kind == "picture":
            arguments, _, text = arguments.partition("|")
        words = shlex.split(arguments)
        match kind:
            case "spec":
                return fenced(self.spec.read_text("utf-8").strip())
            case "prior":
                return self._prior(*words)
            case "fit":
                return fenced(varying_command("summary", self.path(*words)))
            case "compare":
                return self._compare(*words)
            case "loo":
                return self._loo(*words)
            case "run":
                return self._run(words)
            case "picture":
                return self._picture(text.strip(), *words)
        raise SystemExit(f"{self.name}: `{kind}` is none of the blocks")

    def _prior(self, model: str) -> str:
        command = ("prior", f"{self.name}.model", "--model", model, *SEED)
        found = varying_command("prior", self.spec, *command[2:])
        return fenced(f"$ varying {' '.join(command)}\n{found}")

    def _run(self, words: Sequence[str]) -> str:
        """Return a command, as it is typed, and what it prints."""
        real: list[str | Path] = []
        shown: list[str] = []
        for word in words:
            file, is_fit = self.folder / word, word.endswith(".fit")
            shown.append(f"{self.name}.{word}" if is_fit else word)
            if is_fit:
                real.append(self.path(word.removesuffix(".fit")))
            else:
                real.append(file if file.is_file() else word)
        found = varying_command(*real)
        for folder in (self.folder, FITS):
            found = found.replace(f"{folder}/", "")
        return fenced(f"$ varying {typed(shown)}\n{found}")

    def _picture(self, text: str, file: str, kind: str, *words: str) -> str:
        """Draw, and return the command that does it, with the image."""
        out = IMAGES / f"{self.name}-{file}.png"
        # a picture that was shrunk here has lost the mark by which it may be replaced
        out.unlink(missing_ok=True)
        model, *options = words
        shown = f"{self.name}.{model}.fit"
        if kind == "plot.py":
            run(sys.executable, self.folder / kind, *map(self.path, words), out)
            shrink(out)
            fits = [f"{self.name}.{word}.fit" for word in words]
            command = ["python", kind, *fits, out.name]
        elif kind == "prior":
            options = ["--model", model, *options, *SEED, "--out"]
            varying_command("prior", self.spec, *options, out)
            command = ["varying prior", self.spec.name, *options, out.name]
        else:
            options += [*SEED * (kind == "ppc"), "--out"]
            varying_command("plot", kind, self.path(model), *options, out)
            command = [
                "varying plot",
                kind,
                shown,
                *map(shlex.quote, options),
                out.name,
            ]
        return f"    {' '.join(command)}\n\n![{text}](../images/{out.name})"

    def _compare(self, *models: str) -> str:
        """Return a table of R's figures, the book's and ours."""
        book = any("book" in self.reference["fits"][model] for model in models)
        head = ["parameter", "R", *["book"] * book, "Varying", "difference"]
        lines = [head, ["---", *["---:"] * (len(head) - 1)]]
        for model in models:
            rows = self._rows(model, book)
            if len(models) > 1:
                lines.append([f"**{model}**", *[""] * (len(head) - 1)])
            lines += rows
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _rows(self, model: str, book: bool) -> Iterator[list[str]]:
        """Yield the cells of a row for each parameter that R has."""
        reference = self.reference["fits"][model]
        theirs = reference["estimates"]
        ours = {row.label: row.statistics for row in self.fit(model).summary(all=True)}
        away = {
            name: (ours[name].mean - theirs[name][0]) / ours[name].sd for name in theirs
        }
        kinds: dict[str, list[str]] = {}
        for name in theirs:
            kinds.setdefault(LABEL.sub("", name), []).append(name)
        for names in kinds.values():
            note = ""
            if len(names) > MANY:
                note = f", the farthest of {len(names)}"
                names = [max(names, key=lambda name: abs(away[name]))]
            for name in names:
                found = ours[name]
                places = decimals([*theirs[name], found.sd][1])
                label = name.replace("|", r"\|")
                cells = [f"`{label}`{note}", written(theirs[name], places)]
                if book:
                    cells.append(str(reference.get("book", {}).get(name, "")))
                cells.append(written([found.mean, found.sd], places))
                yield [*cells, f"{round(away[name], 2) + 0.0:.2f}"]

    def _loo(self, *models: str) -> str:
        """Return a table of expected log densities, the best model first."""
        found = {model: self.fit(model).loo().to_arviz() for model in models}
        lines = [
            "| model | elpd | difference | its se | p | rows with k > 0.7 |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for place, (model, row) in enumerate(
            az.compare(found, round_to="none").iterrows()
        ):
            bad = int((found[model].pareto_k.to_numpy() > 0.7).sum())
            away = (
                f"{-abs(row['elpd_diff']):.1f} | {row['dse']:.1f}" if place else " | "
            )
            lines.append(
                f"| `{model}` | {row['elpd']:.1f} | {away} | {row['p']:.1f} | {bad} |"
            )
        return "\n".join(lines)


def typed(words: Sequence[str]) -> str:
    """Return a command as one would type it: texts with blanks in quotes."""
    return " ".join(f"'{w}'" if set(w) & set(' "|') else w for w in words)


def fenced(text: str) -> str:
    """Return a text as a block of code."""
    return f"```\n{text}\n```"


def decimals(spread: float) -> int:
    """Return how many decimals two digits of a standard error take."""
    return max(0, 1 - math.floor(math.log10(spread)))


def written(entry: Sequence[float], places: int) -> str:
    """Return an estimate and, if it is known, its standard error in brackets."""
    value, *spread = (f"{number:.{places}f}" for number in entry)
    return f"{value} ({spread[0]})" if spread else value


def shrink(path: Path) -> None:
    """Keep 16 greys of a picture: what it needs, and a third of the bytes."""
    with Image.open(path) as image:
        grey = image.convert("L").quantize(16)
    grey.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)


def remake(example: Example, page: Path) -> None:
    """Write a page anew, with all of its blocks."""
    before = page.read_text("utf-8")
    after = BLOCK.sub(
        lambda found: f"{found[1]}\n{example.block(found[2], found[3])}\n\n{found[4]}",
        before,
    )
    page.write_text(after, "utf-8")
    changed = "changed" if after != before else "as it was"
    print(f"{page.relative_to(ROOT)}: {changed}", flush=True)


def main(names: Sequence[str]) -> None:
    """Make the pages of some examples, or of all."""
    for name in names or NAMES:
        example = Example(name)
        remake(example, HERE / f"{name}.md")
        remake(example, example.folder / "README.md")


if __name__ == "__main__":
    main(sys.argv[1:])
