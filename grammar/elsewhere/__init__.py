"""Code of R and Python where a spec stands: what it says, in the language.

``find_code`` finds it before the text is parsed: calls such as ``brm(...)``,
``lmer(...)``, ``bmb.Model(...)``, priors as ``set_prior(...)``, and what is no part of
a model at all. Each is one fault, whose fix writes what it stands for.
"""

from .code import Code
from .find import find_code, without

__all__ = ["Code", "find_code", "without"]
