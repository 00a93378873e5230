"""Whether the texts of a picture can be read, and what is on it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def axes_of(picture: Figure) -> list[Axes]:
    return list(picture.axes)


def title(axes: Axes) -> str:
    return axes.get_title(loc="left")


def titled(picture: Figure, name: str) -> Axes:
    return next(axes for axes in axes_of(picture) if title(axes) == name)


def boxes(picture: Figure) -> Iterator[tuple[str, Bbox]]:
    """Every text that is printed, with its place in pixels, once laid out."""
    beyond = _beyond(picture)
    for text in picture.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in beyond:
            yield text.get_text(), text.get_window_extent()


def _beyond(picture: Figure) -> set[int]:
    """Labels of ticks that are not drawn: those beyond the axis."""
    return {
        id(label)
        for axes in picture.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not (_within(axis, tick.get_loc()) and axes.get_visible())
    }


def _within(axis: object, place: float) -> bool:
    low, high = sorted(axis.get_view_interval())  # type: ignore[attr-defined]
    edge = 1e-9 * (high - low)
    return bool(low - edge <= place <= high + edge)


def assert_legible(picture: Figure) -> None:
    """No text lies over another, and none is cut off."""
    inside = picture.bbox.padded(1.0)
    texts, places = zip(*boxes(picture), strict=True)
    for text, box in zip(texts, places, strict=True):
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1, text
        assert inside.y0 <= box.y0 and box.y1 <= inside.y1, text
    low = np.array([box.min for box in places])
    high = np.array([box.max for box in places])
    common = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    over = np.triu((common > 1.5).all(axis=2), 1)
    for one, other in np.argwhere(over):
        raise AssertionError(f"{texts[one]!r} and {texts[other]!r} overlap")


def assert_grey(picture: Figure) -> None:
    colors = [to_rgb(line.get_color()) for line in picture.findobj(Line2D)]  # type: ignore[attr-defined]
    for lines in picture.findobj(LineCollection):
        colors += [to_rgb(color) for color in lines.get_colors()]  # type: ignore[attr-defined]
    for red, green, blue in colors:
        assert red == green == blue


def spans(axes: Axes, upright: bool = False) -> list[list[tuple[float, float]]]:
    """The ends of the intervals: first those of 95 %, then those of 50 %."""
    along = 1 if upright else 0
    return [
        [(one[0, along], one[1, along]) for one in lines.get_segments()]
        for lines in axes.collections
        if isinstance(lines, LineCollection)
    ]


def dots(axes: Axes, marker: str = "o") -> Line2D:
    """The marks of one kind; there is one line for all of them."""
    (found,) = (line for line in axes.get_lines() if line.get_marker() == marker)
    return found


def look(line: Line2D) -> tuple[object, ...]:
    """What tells a line from others."""
    return to_rgb(line.get_color()), *line._unscaled_dash_pattern  # type: ignore[attr-defined]
