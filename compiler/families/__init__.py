"""The families: one file each, and one line each in the tuple below."""

from __future__ import annotations

from functools import cache

from . import own
from .binary.bernoulli import BERNOULLI
from .binary.binomial import BINOMIAL
from .bounded.beta import BETA
from .bounded.beta_binomial import BETA_BINOMIAL
from .bounded.kumaraswamy import KUMARASWAMY
from .bounded.ordered_beta import ORDERED_BETA
from .bounded.zero_one_inflated_beta import ZERO_ONE_INFLATED_BETA
from .combined import mixture
from .combined.asymmetric import ZERO_INFLATED_ASYMMETRIC_LAPLACE
from .combined.hurdle import (
    HURDLE_GAMMA,
    HURDLE_LOGNORMAL,
    HURDLE_NEGBINOMIAL,
    HURDLE_POISSON,
    ZERO_INFLATED_BETA,
)
from .combined.limits import named
from .combined.zero_inflated import (
    ZERO_INFLATED_BETA_BINOMIAL,
    ZERO_INFLATED_BINOMIAL,
    ZERO_INFLATED_NEGBINOMIAL,
    ZERO_INFLATED_POISSON,
)
from .composition import COMPOSITIONS
from .composition import named as composed
from .continuous import cox
from .continuous.asymmetric_laplace import ASYMMETRIC_LAPLACE
from .continuous.exgaussian import EXGAUSSIAN
from .continuous.exponential import EXPONENTIAL
from .continuous.frechet import FRECHET
from .continuous.gamma import GAMMA
from .continuous.gaussian import GAUSSIAN
from .continuous.gen_extreme_value import GEN_EXTREME_VALUE
from .continuous.gumbel import GUMBEL
from .continuous.inverse_gaussian import INVERSE_GAUSSIAN
from .continuous.laplace import LAPLACE
from .continuous.lognormal import LOGNORMAL
from .continuous.shifted_lognormal import SHIFTED_LOGNORMAL
from .continuous.skew_normal import SKEW_NORMAL
from .continuous.student import STUDENT
from .continuous.von_mises import VON_MISES
from .continuous.weibull import WEIBULL
from .continuous.wiener import WIENER
from .counts.com_poisson import COM_POISSON
from .counts.discrete_weibull import DISCRETE_WEIBULL
from .counts.geometric import GEOMETRIC
from .counts.negbinomial import NEGBINOMIAL
from .counts.poisson import POISSON
from .family import Family
from .nominal import categorical
from .ordinal.cumulative import CUMULATIVE
from .ordinal.items import ITEMS, by_item
from .ordinal.lowest import HURDLE_CUMULATIVE, ZERO_INFLATED_CUMULATIVE
from .ordinal.steps import ACAT, CRATIO, SRATIO


class Families(dict[str, Family]):
    """Families by name; some are made when they are asked for, and are no keys.

    Those of further links, those of rows with limits, ``gaussian | cens``, and those
    whose parameters depend on the response, ``categorical(mubus, mucar)``.
    """

    def __missing__(self, name: str) -> Family:
        if name in VARIANTS:
            family, link = VARIANTS[name]
            return self[family].with_link(link)
        if name in BY_RESPONSE:
            return BY_RESPONSE[name]
        found = own.registered(name) or categorical.named(name) or cox.named(name)
        found = found or composed(name)
        return found or mixture.named(self, name) or _with_limits(name)

    @staticmethod
    def handed_over(family: Family) -> tuple[str, tuple[str, str], str]:
        """Return by what another process finds a family of the caller's."""
        return own.handed_over(family)

    @staticmethod
    def find_again(name: str, home: tuple[str, str], version: str) -> None:
        """Have a family of the caller's here that another process handed over."""
        own.find_again(name, home, version)


@cache
def _with_limits(name: str) -> Family:
    base, _, more = name.partition(" | ")
    if more == ITEMS and base in FAMILY_SPELLINGS:
        return by_item(FAMILIES[base])
    return named(FAMILIES, name)


FAMILIES = Families(
    (family.name, family)
    for family in (
        GAUSSIAN,
        STUDENT,
        LAPLACE,
        ASYMMETRIC_LAPLACE,
        SKEW_NORMAL,
        EXGAUSSIAN,
        GUMBEL,
        GEN_EXTREME_VALUE,
        VON_MISES,
        LOGNORMAL,
        SHIFTED_LOGNORMAL,
        WIENER,
        GAMMA,
        EXPONENTIAL,
        WEIBULL,
        INVERSE_GAUSSIAN,
        FRECHET,
        BETA,
        KUMARASWAMY,
        ORDERED_BETA,
        ZERO_ONE_INFLATED_BETA,
        ZERO_INFLATED_BETA,
        BERNOULLI,
        BINOMIAL,
        BETA_BINOMIAL,
        POISSON,
        NEGBINOMIAL,
        GEOMETRIC,
        DISCRETE_WEIBULL,
        COM_POISSON,
        ZERO_INFLATED_POISSON,
        ZERO_INFLATED_NEGBINOMIAL,
        ZERO_INFLATED_BINOMIAL,
        ZERO_INFLATED_BETA_BINOMIAL,
        HURDLE_POISSON,
        HURDLE_NEGBINOMIAL,
        HURDLE_GAMMA,
        HURDLE_LOGNORMAL,
        ZERO_INFLATED_ASYMMETRIC_LAPLACE,
        CUMULATIVE,
        SRATIO,
        CRATIO,
        ACAT,
        HURDLE_CUMULATIVE,
        ZERO_INFLATED_CUMULATIVE,
    )
)

#: Families whose parameters depend on the response: as they are named in a spec.
BY_RESPONSE: dict[str, Family] = {
    family.name: family for family in (categorical.CATEGORICAL, *COMPOSITIONS, cox.COX)
}

#: Names of the families of further links, with the family and the link.
VARIANTS: dict[str, tuple[str, str]] = {
    name: (family.name, link)
    for family in FAMILIES.values()
    for link, (name, _) in family.under.items()
}

#: Every accepted spelling, aliases included.
FAMILY_SPELLINGS: dict[str, str] = (
    {
        spelling: family.name
        for family in FAMILIES.values()
        for spelling in (family.name, *family.aliases)
    }
    | {name: name for name in BY_RESPONSE}
    | {name: name for name in VARIANTS}
)

#: What may be written as a family, in the words of a message.
COMPILED = ", ".join(
    (*FAMILIES, *BY_RESPONSE, "and mixtures: `mixture(gaussian, gaussian)`")
)

#: Families of the language that this version does not compile yet.
PLANNED_FAMILIES: tuple[str, ...] = ("xbeta", "negbinomial1")
