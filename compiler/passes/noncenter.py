"""Sample group effects through standard normals."""

from __future__ import annotations

from dataclasses import replace

from ..program.ir import Frame, Program


def noncenter(program: Program, frame: Frame) -> tuple[Program, Frame]:
    """Turn group effects that are free to choose into their non-centered form.

    The effects of a level are ``z (diag(sd) L)'`` with ``z`` standard normal
    and ``L`` the Cholesky factor of the correlations, so that a small ``sd``
    does not make a funnel (Betancourt & Girolami 2015)::

        group r_subj[subj, subj_coef] ~ normal(0, sd_subj); ...; auto
    becomes
        group r_subj[subj, subj_coef] = z_subj[...] ~ normal(0, 1), scaled by sd_subj

    Groups whose form the user chose keep it.
    """
    groups = tuple(
        replace(group, form="noncentered") if group.form == "auto" else group
        for group in program.groups
    )
    return replace(program, groups=groups), frame
