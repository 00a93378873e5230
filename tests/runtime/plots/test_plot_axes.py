"""Pictures on axes of the user's: how many, and what stays theirs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from varying.runtime.fit.fit import Fit
from varying.runtime.look.prior_check import check_prior
from varying.runtime.rows.replicates import Replicates

from ..fits import made_fit
from .plotted import fit_of


def axes(rows: int = 1, columns: int = 1) -> Any:
    figure = Figure((4 * columns, 3 * rows))
    FigureCanvasAgg(figure)
    return figure.subplots(rows, columns)


#: A fit, a picture, its options, rows and columns of its panels.
CASES: tuple[tuple[str, str, dict[str, Any], int, int], ...] = (
    ("few", "trace", {}, 8, 2),
    ("few", "trace", {"var": "sigma"}, 1, 2),
    ("few", "forest", {}, 8, 1),
    ("few", "forest", {"var": "r_g[x]"}, 1, 1),
    ("many", "forest", {"var": "r_g[Intercept]"}, 1, 1),
    ("few", "pairs", {"var": ["b", "sd_g"]}, 3, 3),
    ("few", "ppc", {}, 1, 1),
    ("few", "ppc", {"by": "g"}, 1, 3),
    ("few", "ppc", {"by": ["g", "x"]}, 1, 4),
)


def fit(name: str) -> Fit:
    return made_fit() if name == "few" else fit_of(levels=400)


def panels(kind: str, options: dict[str, Any], name: str) -> int:
    """How many panels the error says that a picture has."""
    with pytest.raises(ValueError, match="so ax is as many Axes") as caught:
        fit(name).plot(kind, ax=axes(5, 5), **options)  # type: ignore[call-overload]
    return int(str(caught.value).split(" panel")[0].split()[-1])


@pytest.mark.parametrize(("name", "kind", "options", "rows", "columns"), CASES)
def test_the_axes_are_drawn_on_and_returned(
    name: str, kind: str, options: dict[str, Any], rows: int, columns: int
) -> None:
    rows = panels(kind, options, name) // columns
    ax = axes(rows, columns)
    assert fit(name).plot(kind, ax=ax, **options) is ax  # type: ignore[call-overload]
    each = np.ravel(np.asarray(ax, dtype=object))
    drawn = [bool(one.lines or one.collections or one.patches) for one in each]
    expected = len(drawn) if kind != "pairs" else rows * (rows + 1) // 2
    assert sum(drawn) == expected
    figure = each[0].figure
    assert len(figure.axes) == len(each)
    figure.draw_without_rendering()
    assert all(not t.get_parse_math() for one in each for t in one.findobj(Text))


def test_the_figure_of_its_own_has_the_same_lines() -> None:
    ax = axes()
    made_fit().plot("ppc", ax=ax)
    (own,) = made_fit().plot("ppc").axes
    assert len(ax.lines) == len(own.lines)
    for mine, other in zip(ax.lines, own.lines, strict=True):
        np.testing.assert_array_equal(mine.get_xydata(), other.get_xydata())
    assert ax.get_xlim() == own.get_xlim()


def test_a_prior_check() -> None:
    rng = np.random.default_rng(1)
    data = Replicates("y", "continuous", rng.normal(size=30), rng.normal(size=(9, 30)))
    check = check_prior(data, 1)
    ax = axes(1, 1 + len(check.statements))
    assert check.plot(ax=ax) is ax
    assert ax[0].get_xlabel().startswith("y")
    assert ax[1].get_title(loc="left") == check.statements[0].title
    with pytest.raises(ValueError, match=f"has {len(ax)} panels, so ax is as many"):
        check.plot(ax=ax[0])


@pytest.mark.parametrize("ax", [3, "ax", [axes(), 3], Figure(), [], True])
def test_what_is_no_axes(ax: Any) -> None:
    with pytest.raises(ValueError, match="ax is Axes of Matplotlib, or an array"):
        made_fit().plot("ppc", ax=ax)


def test_the_style_is_the_users() -> None:
    with rc_context({"font.size": 17.0}):
        ax = axes()
        made_fit().plot("forest", var="b", ax=ax)
        assert ax.get_yticklabels()[0].get_fontsize() == 17.0
    assert ax.spines["top"].get_visible()


def test_what_is_left_out_is_warned_of() -> None:
    with pytest.warns(UserWarning, match="the fit has 1,000 draws") as caught:
        made_fit().plot("ppc", draws=5000, ax=axes())
    assert caught[0].filename == __file__
