"""What columns that hold parameters are over rows."""

from __future__ import annotations

import numpy as np

from ..data import weighted
from ..data.codes import recode
from ..data.table import Floats, Table
from .columns import SpecialColumn
from .design import evaluate_columns


def mean_weights(column: SpecialColumn, table: Table) -> Floats:
    r"""Return the numbers by which the mean of a column follows from its simplexes.

    With ``z`` the known factor of a column, ``n`` its simplexes :math:`\zeta` and
    :math:`D_j` their sizes, the mean over rows is

    .. math:: \sum_{k_1, ..., k_n} m_{k_1, ..., k_n}
        \prod_j D_j \zeta_{j, k_j}, \qquad
        m_{k_1, ..., k_n} = \overline{z \prod_j [x_j \ge k_j]}

    Returns
    -------
    Floats
        ``m``, with the sizes multiplied in: of shape ``(D_1, ..., D_n)``.
    """
    sizes = [len(special.steps) for special in column.specials]
    values = evaluate_columns((column.known,), table)[:, 0]
    above = [
        recode(table.columns[special.column], special.levels)[:, None]
        > np.arange(len(special.steps))
        for special in column.specials
    ]
    found = np.empty(sizes)
    for place in np.ndindex(*sizes):
        product = values
        for there, k in zip(above, place, strict=True):
            product = product * there[:, k]
        found[place] = weighted.mean(product, table.counts)
    return found * float(np.prod(sizes))
