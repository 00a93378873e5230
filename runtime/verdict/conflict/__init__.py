"""Where a prior and the data disagree, found after a fit.

A posterior that lies between a narrow prior and data that say otherwise is what
neither supports, and no diagnostic of the chains shows it. What is compared is the
prior, and what the data say without it.

* Coefficients of predictors (``locations``): the maximum of the likelihood near the
  posterior, by one Newton step from it, with the effects of groups integrated out.
* Standard deviations of groups (``groups``): how far apart the effects of single levels
  are, each estimated by itself.
* Where predictors separate the outcomes (``separation``) there is no maximum: that is
  said, whether or not it is a conflict.
* Other parameters (``found.others``): how far out in its prior the posterior is.
"""

from __future__ import annotations

from .found import conflicts
from .targets import PriorTargets
from .words import Conflict, sentences

__all__ = ["Conflict", "PriorTargets", "conflicts", "sentences"]
