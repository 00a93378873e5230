"""How all pictures look, and how they become files.

Black, greys, line styles and markers; nothing is told by colour alone, so that
a picture can be printed. Sizes are those of a page: 7 inches wide.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from varying.grammar.render.safe import visible

from ..files.whole_file import replacing
from ..interface.arguments import ArgumentError
from ..interface.arguments import given as said
from . import PlotError
from .short_names import shorten, told_apart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grid = NDArray[Any]

__all__ = [
    "FORMATS",
    "LINES",
    "SMALL",
    "WIDTH",
    "Picture",
    "Canvas",
    "drawn",
    "format_of",
    "inches_of",
    "is_ours",
    "intervals",
    "shorten",
    "power_text",
    "powers_at",
    "spread",
    "ticks_at",
    "told_apart",
]

#: Formats by the end of a file's name.
FORMATS = ("png", "pdf", "svg")
#: How files of each begin; and what in a file says that it was made here.
_STARTS = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}
MAKER = "Varying"
_MARKS = (b"Software\0Varying", b"/Creator (Varying)", b"<dc:title>Varying</dc:title>")
#: Bytes of a file that are looked at.
_LARGEST = 100_000_000
#: Inches: the width of a page without its margins.
WIDTH = 7.0
#: Points: text that stands beside the labels.
SMALL = 7.0
#: Letters that fit below a picture, beside each other.
LETTERS = 90
#: Grey and style of lines that are told apart, the strongest first.
LINES: tuple[tuple[str, Any], ...] = (
    ("black", "-"),
    ("black", (0, (4, 1.5))),
    ("0.55", "-"),
    ("0.45", (0, (1, 1))),
    ("black", (0, (5, 1, 1, 1))),
    ("0.55", (0, (6, 2))),
    ("black", (0, (1, 2.5))),
    ("0.75", "-"),
)
_DPI = 200
#: Greys of a PNG: so many hide no edge, and take a quarter of the bytes.
_GREYS = 16
_RC: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.labelsize": 8.0,
    "axes.facecolor": "white",
    "axes.edgecolor": "black",
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.xmargin": 0.02,
    "figure.facecolor": "white",
    "text.color": "black",
    "text.usetex": False,
    # Names of people and columns may hold dollar signs: they are no mathematics.
    "text.parse_math": False,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "legend.labelspacing": 0.25,
    "lines.linewidth": 1.0,
    "svg.fonttype": "path",
    "svg.hashsalt": "varying",
    "pdf.fonttype": 42,
}


class Picture(Figure):
    """A Matplotlib figure that shows itself in a notebook and saves itself whole.

    Attributes
    ----------
    notes
        What it leaves out, in sentences.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__((width, height), dpi=_DPI, layout="constrained")
        FigureCanvasAgg(self)
        self.notes: tuple[str, ...] = ()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture, whole or not at all; png, pdf or svg by its name.

        Raises
        ------
        ValueError
            If the name ends in none of these.
        OSError
            If it cannot be written.
        """
        content = self._bytes(format_of(path))
        with replacing(path) as file:
            file.write(content)

    def _bytes(self, form: str) -> bytes:
        buffer = BytesIO()
        # Without the date, the same picture is the same file.
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form, {})
        metadata = {**undated, "Software" if form == "png" else "Creator": MAKER}
        options: dict[str, Any] = {"format": form, "dpi": _DPI, "metadata": metadata}
        if form == "png":
            options["pil_kwargs"] = {"compress_level": 1}  # it is compressed below
        with rc_context(_RC):
            self.savefig(buffer, **options)
        return _compact(buffer) if form == "png" else buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self._bytes("png")


def _compact(file: BytesIO) -> bytes:
    """Return a PNG with few greys if all that it has is grey, else with all colours."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image: Image.Image = Image.open(file)
    pixels = np.asarray(image.convert("RGBA"))
    opaque = (pixels[..., 3] == 255).all()
    if opaque and (pixels[..., :2] == pixels[..., 1:3]).all():
        image = image.convert("L").quantize(_GREYS)
    found = BytesIO()
    about = PngInfo()
    about.add_text("Software", MAKER)
    image.save(found, format="png", dpi=(_DPI, _DPI), pnginfo=about)
    return found.getvalue()


def is_ours(path: Path) -> bool:
    """Whether a file is a picture that was made here: no other is written over."""
    with path.open("rb") as file:
        content = file.read(_LARGEST)
    if not content.startswith(_STARTS[format_of(path)]):
        return False
    return any(mark in content for mark in _MARKS)


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that a file's name asks for.

    Raises
    ------
    ValueError
        If it is none of ``FORMATS``.
    """
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"path is that of a picture, not {said(path)}")
    end = Path(path).suffix.lower().removeprefix(".")
    if end not in FORMATS:
        known = ", ".join(f".{form}" for form in FORMATS)
        raise ArgumentError(
            f"a picture's name ends in {known}, not {os.fspath(path)!r}"
        )
    return end


@dataclass(slots=True)
class Canvas:
    """Where a picture is drawn: a figure of its own, or axes of the user's.

    Attributes
    ----------
    given
        The user's axes; None: a figure is made.
    picture
        That figure.
    notes
        What is left out, in sentences.
    """

    given: tuple[Axes, ...] | None = None
    picture: Picture | None = None
    notes: tuple[str, ...] = ()

    def figure(self, width: float, height: float) -> Picture:
        """Make the figure."""
        self.picture = Picture(width, height)
        return self.picture

    def axes(self, rows: int, columns: int, count: int | None = None) -> Grid:
        """Return the user's axes as a grid; ``count``: how many of it are needed.

        Raises
        ------
        PlotError
            If there are more or fewer.
        """
        assert self.given is not None
        needed = rows * columns if count is None else count
        there = len(self.given)
        if there != needed:
            which = "1 panel" if needed == 1 else f"{needed} panels"
            shape = "" if needed == 1 else f"{rows}, {columns}"
            raise PlotError(
                f"this picture has {which}, so ax is as many Axes, such as those of "
                f"plt.subplots({shape}), not {there}"
            )
        found: Grid = np.empty(rows * columns, dtype=object)
        found[:there] = self.given
        return found.reshape(rows, columns)


def inches_of(axes: Axes) -> float:
    """Return how wide axes are, in inches."""
    figure: Any = axes.get_figure()
    return float(axes.get_window_extent().width / figure.dpi)


def drawn[**Options](
    function: Callable[Concatenate[Canvas, Options], None],
) -> Callable[Concatenate[Any, Options], Any]:
    """Let a function draw on a sheet, in the style above whatever the user's own is.

    What is returned takes, in place of the sheet, axes of the user's, which it returns,
    or None, and returns a picture. On axes the style is the user's.
    """

    @wraps(function)
    def call(ax: Any, *args: Options.args, **kwargs: Options.kwargs) -> Any:
        if ax is not None:
            return _on_axes(ax, lambda sheet: function(sheet, *args, **kwargs))
        sheet = Canvas()
        with rc_context(_RC):
            function(sheet, *args, **kwargs)
            picture = sheet.picture
            assert picture is not None
            picture.notes = tuple(map(visible, sheet.notes))
            # Lay it out now, for ticks are made with the settings of the moment; and
            # once, so that the same picture is the same file.
            picture.draw_without_rendering()
            # "none" would be an engine too, for which saving draws once more
            picture.set_layout_engine(None)
            return picture

    return call  # type: ignore[return-value]


def _on_axes(ax: Any, draw: Callable[[Canvas], None]) -> Any:
    """Draw on axes of the user's; what is left out is warned of."""
    import warnings

    given = tuple(np.asarray(ax, dtype=object).ravel())
    if not given or not all(isinstance(one, Axes) for one in given):
        kind = next((one for one in given if not isinstance(one, Axes)), ax)
        what = "Axes of Matplotlib, or an array of them"
        raise PlotError(f"ax is {what}, not {said(kind)}")
    sheet = Canvas(given)
    with rc_context({"text.parse_math": False}):
        draw(sheet)
        for one in given:
            # makes the ticks, whose names are no mathematics either
            texts = (*one.get_xticklabels(), *one.get_yticklabels(), *one.findobj(Text))
            for text in texts:
                if isinstance(text, Text):
                    text.set_parse_math(False)
    for note in sheet.notes:
        warnings.warn(visible(note), stacklevel=5)
    return ax


#: Intervals beside each other from which on they are grey, and the points that all of
#: them have, gaps not counted.
_CROWD, _ROOM = 100, 220.0


def intervals(
    axes: Axes,
    places: Sequence[float] | NDArray[Any],
    draws: NDArray[Any],
    *,
    upright: bool = False,
    light: bool = False,
) -> None:
    """Draw median (circle), middle 50 % (thick) and 95 % (thin) at each place.

    Parameters
    ----------
    axes
        Where to draw.
    places
        Where each stands, beside the others.
    draws
        Of each: places, draws.
    upright
        Whether the lines go up, not along.
    light
        Without the middle 50 %: for many, close together.
    """
    low, first, middle, third, high = np.quantile(
        draws, (0.025, 0.25, 0.5, 0.75, 0.975), axis=1
    )
    lines = axes.vlines if upright else axes.hlines
    wide, narrow, size = (0.6, 0.0, 1.6) if light else (0.9, 2.6, 3.6)
    color = "black"
    if light and len(places) > _CROWD:  # black lines would be a black field
        color, wide = "0.65", max(0.15, min(wide, _ROOM / len(places)))
    lines(places, low, high, color=color, lw=wide, zorder=3)
    if narrow:
        lines(places, first, third, color="black", lw=narrow, zorder=3)
    x, y = (places, middle) if upright else (middle, places)
    face = "black" if light else "white"
    edge = 0.0 if light else 0.8
    axes.plot(x, y, "o", color="black", mfc=face, mew=edge, ms=size, zorder=4)


def ticks_at(axes: Axes, which: str, most: int = 5) -> None:
    """Put few ticks, at round numbers, on the ``x`` or ``y`` axis."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))


def powers_at(axes: Axes, which: str, low: float, high: float, most: int = 4) -> None:
    """Put ticks on a scale of powers: two at least, where there is room for them.

    At 0, too, if the axis begins there.
    """
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(FixedLocator(_powers(low, high, most)))
    axis.set_major_formatter(FuncFormatter(lambda x, _: power_text(x)))
    axis.set_minor_locator(NullLocator())


def power_text(value: float) -> str:
    """Return a number of a scale of powers: a short one as it is, else ``1e9``."""
    if value and not 1e-4 < abs(value) < 1e5:
        return (
            f"{value:.0e}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
        )
    return f"{value:,.10g}"


def _powers(low: float, high: float, most: int) -> list[float]:
    zero = [0.0] if low <= 0.0 else []
    lowest = int(np.floor(np.log10(low))) if low > 0.0 else min(0, _exponent(high))
    tens = [float(f"1e{at}") for at in range(lowest, _exponent(high) + 1)]
    inside = [x for x in tens if low <= x <= high]
    if len(inside) + len(zero) > 1:
        step = -(-len(inside) // (most - len(zero)))
        return [*zero, *inside[::step]]
    for steps in ((1, 3), (1, 2, 5)):
        inside = [x for ten in tens for x in (ten * step for step in steps)]
        inside = [x for x in inside if low <= x <= high]
        if len(inside) + len(zero) > 1:
            return [*zero, *inside]
    return [float(x) for x in MaxNLocator(3).tick_values(low, high) if low <= x <= high]


def _exponent(value: float) -> int:
    return int(np.floor(np.log10(value)))


def names_below(axes: Axes, levels: Sequence[str]) -> None:
    """Write the name of every level below it, upright if there is no room."""
    labels = told_apart(levels, 16)
    axes.set_xticks(range(len(labels)), labels)
    if sum(map(len, labels)) + len(labels) > LETTERS:
        axes.tick_params(axis="x", labelrotation=90)


def spread(labels: Sequence[str], most: int) -> list[int]:
    """Return the places of labels to print: in round steps, and the last.

    One that the last would come close to makes room for it. If there is room for two
    only, the first and the last.
    """
    step = next(
        factor * power
        for power in (10**n for n in range(10))
        for factor in (1, 2, 5)
        if len(labels) <= most * factor * power
    )
    last = len(labels) - 1
    places = list(range(0, len(labels), step))
    if len(places) <= 2:
        return [0, last]
    near = {place for place in places[1:] if last - place < 0.6 * step}
    return sorted({*places} - near | {last})
