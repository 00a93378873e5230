"""Whether the texts of a picture can be read, and what is on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from matplotlib.axes import Axes
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
    """Every text that is printed, with its place in pixels."""
    picture.canvas.draw()  # type: ignore[attr-defined]
    for text in picture.findobj(Text):
        assert isinstance(text, Text)
        if text.get_visible() and text.get_text().strip():
            yield text.get_text(), text.get_window_extent()


def assert_legible(picture: Figure) -> None:
    """No text lies over another, and none is cut off."""
    inside = picture.bbox.padded(1.0)
    seen = [(text, box) for text, box in boxes(picture) if _shown(picture, text, box)]
    for text, box in seen:
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1, text
        assert inside.y0 <= box.y0 and box.y1 <= inside.y1, text
    for (one, first), (other, second) in itertools.combinations(seen, 2):
        over = Bbox.intersection(first, second)
        if over is not None and over.width > 1.5 and over.height > 1.5:
            raise AssertionError(f"{one!r} and {other!r} overlap")


def _shown(picture: Figure, text: str, box: Bbox) -> bool:
    """Whether a text is drawn: tick labels beyond the axis are not."""
    return any(
        text == label.get_text() and np.allclose(label.get_window_extent().p0, box.p0)
        for axes in picture.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if _within(axis, tick.get_loc()) and axes.get_visible()
        for label in (tick.label1,)
        if label.get_visible()
    ) or not _is_tick(picture, text, box)


def _within(axis: object, place: float) -> bool:
    low, high = sorted(axis.get_view_interval())  # type: ignore[attr-defined]
    edge = 1e-9 * (high - low)
    return bool(low - edge <= place <= high + edge)


def _is_tick(picture: Figure, text: str, box: Bbox) -> bool:
    return any(
        text == label.get_text() and np.allclose(label.get_window_extent().p0, box.p0)
        for axes in picture.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
    )


def assert_grey(picture: Figure) -> None:
    for line in picture.findobj(Line2D):
        red, green, blue = to_rgb(line.get_color())  # type: ignore[attr-defined]
        assert red == green == blue


def look(line: Line2D) -> tuple[object, ...]:
    """What tells a line from others."""
    return to_rgb(line.get_color()), *line._unscaled_dash_pattern  # type: ignore[attr-defined]
