"""The table of rules: every fault Varying can name, and how grave it is.

Ids are kebab-case and named for the fault. A row is all it takes to add one;
``docs/rules.md`` is checked against this table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How grave a fault is: only an error stops the work."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its id, its severity and what it finds, in a sentence.

    What is said ``once`` is about a column, and is the same wherever that is read.
    """

    id: str
    severity: Severity
    summary: str
    once: bool = False


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFO

# A string begins a group of rules.
_TABLE: tuple[Rule | str, ...] = (
    "The file itself",
    Rule("no-such-file", _E, "The spec or data file does not exist."),
    Rule("unreadable-file", _E, "The file exists but cannot be read."),
    Rule("family-file", _E, "A file of families of your own makes none."),
    Rule("not-text", _E, "The file is not UTF-8 text."),
    Rule("spec-too-large", _E, "A spec has more than 1 MB or 20,000 tokens."),
    Rule("empty-spec", _E, "The text holds no statement."),
    Rule("no-model", _E, "The file has statements but no formula."),
    "Characters, brackets and strings",
    Rule("unexpected-character", _E, "A character that the language does not have."),
    Rule("bidi-control", _E, "A mark that reorders the text on the screen."),
    Rule("invisible-character", _E, "A character that cannot be seen."),
    Rule("invisible-in-quotes", _W, "An invisible character in a string or name."),
    Rule("smart-quote", _E, "Typographic quotes where plain ones are needed."),
    Rule("unclosed-string", _E, "A string without its closing quote."),
    Rule("unclosed-bracket", _E, "A bracket that is never closed."),
    Rule("unmatched-bracket", _E, "A closing bracket without its opening one."),
    Rule("nested-too-deep", _E, "More than 100 brackets inside each other."),
    Rule("invalid-allow", _W, "A `varying:` comment that allows no warning."),
    Rule("unused-allow", _I, "A comment that allows what is not there."),
    "Statements",
    Rule("syntax", _E, "The text does not fit the grammar at this place."),
    Rule("foreign-code", _E, "Code of R or Python where a statement stands."),
    Rule("unquoted-name", _E, "A name with a blank or so, without back-quotes."),
    Rule("missing-prior", _E, "A prior without the word `prior` in front of it."),
    Rule("bare-bar", _E, "A group bar `|` outside parentheses."),
    Rule("two-bars", _E, "More bars in a group term than one, and not `|id|`."),
    Rule("double-equals", _E, "`==` where `=` is meant."),
    Rule("single-equals", _E, "`=` where `==` is meant."),
    Rule("equals-for-tilde", _E, "`=` where `~` is meant."),
    Rule("missing-comma", _E, "An option that is not set off by a comma."),
    Rule("missing-response", _E, "A formula with nothing left of `~`."),
    Rule("missing-right-side", _E, "A formula with nothing right of `~`."),
    Rule("two-tildes", _E, "A second `~` in one formula."),
    Rule("unknown-statement", _E, "A line that begins like no statement."),
    Rule("second-formula", _E, "A second unnamed formula at the margin."),
    Rule("misplaced-statement", _E, "A statement where it cannot stand."),
    Rule("duplicate-model", _E, "Two models of one name."),
    Rule("not-yet", _E, "Valid, but not compiled by this version."),
    "Names",
    Rule("unknown-column", _E, "A name that is no column of the data."),
    Rule("unknown-function", _E, "A call of a function that does not exist."),
    Rule("unknown-family", _E, "A family that does not exist."),
    Rule("unknown-link", _E, "A link that the family does not have."),
    Rule("unknown-option", _E, "An option that does not exist here."),
    Rule("unknown-level", _E, "A level that the factor does not have."),
    Rule("unknown-type", _E, "A column type that does not exist."),
    Rule("unknown-contrast", _E, "A contrast scheme that does not exist."),
    Rule("unknown-target", _E, "A prior for a parameter the model does not have."),
    Rule("unknown-parameter", _E, "A formula for a parameter the family has not."),
    Rule("duplicate-part", _E, "Two formulas for one parameter of the family."),
    Rule("duplicate-response", _E, "The same response twice in one model."),
    Rule("doubled-response", _W, "A response that is known with the others."),
    Rule("unnamed-response", _E, "A calculation among several responses."),
    Rule("ambiguous-response", _E, "What could be of several responses."),
    Rule("residual-correlation", _E, "Residuals that cannot be correlated."),
    Rule(
        "parameter-not-column",
        _I,
        "A parameter's formula where a column shares its name.",
    ),
    Rule("unknown-distribution", _E, "A prior distribution that does not exist."),
    Rule("unknown-argument", _E, "An argument that the function does not have."),
    Rule("unknown-model", _E, "A model name that the file does not define."),
    Rule("ambiguous-model", _E, "Several models, and none of them chosen."),
    Rule("duplicate-option", _E, "The same option twice."),
    Rule("duplicate-prior", _E, "Two priors of equal specificity for one target."),
    Rule("duplicate-column", _E, "A column named twice in the data or declared twice."),
    Rule("invalid-argument", _E, "An argument outside its domain."),
    Rule("prior-support", _E, "A prior wider than its parameter's support."),
    Rule("needs-prior", _E, "A parameter of a formula not linear without a prior."),
    "Data",
    Rule("needs-data", _E, "The operation needs data and there is none."),
    Rule("data-format", _E, "The data file cannot be read as a table."),
    Rule("unknown-format", _E, "A data file of a format that is not read."),
    Rule("missing-extra", _E, "What reads the format is not installed."),
    Rule("first-sheet", _I, "A workbook of several sheets, and none was chosen."),
    Rule("missing-codes", _I, "Codes that file or spec call missing, counted."),
    Rule("partial-labels", _I, "Labels for some values only, which stay as they are."),
    Rule("wide-cells", _E, "Columns of `wide(...)` that do not fit together."),
    Rule("row-numbers", _I, "A column that numbers the rows of wide data."),
    Rule("partial-data", _I, "Only the head of a long file was checked."),
    Rule("empty-data", _E, "The data have no rows, or none is left."),
    Rule("response-support", _E, "A response outside the family's support."),
    Rule("needs-trials", _E, "A binomial response without its number of trials."),
    Rule("invalid-response-term", _E, "A term that cannot stand beside the response."),
    Rule("invalid-limit", _E, "Rows that cannot be censored or truncated as told."),
    Rule("no-family", _E, "A response that no compiled family is for."),
    Rule("nearer-family", _W, "An unordered family where another one is nearer."),
    Rule("other-default-link", _W, "A family whose default link is another in R."),
    Rule("one-category", _E, "A response of categories with one category."),
    Rule("constant-response", _E, "A measured response that is the same in every row."),
    Rule("boundary-response", _W, "Counts that are all 0, or all as many as trials."),
    Rule("undeclared-level", _E, "A value that the `column` statement leaves out."),
    Rule("guessed-order", _W, "The order of categories that nobody declared."),
    Rule("fractional-categories", _W, "Ordered categories that are fractions."),
    Rule("missing-category", _I, "Whole numbers that the categories leave out."),
    Rule("wrong-type", _E, "A column whose type does not fit its use."),
    Rule("learned-in-where", _E, "A `where` that needs what is learned after it."),
    Rule("cannot-learn", _E, "A function that the rows do not allow to be learned."),
    Rule("function-failed", _E, "A function of your own that failed."),
    Rule("unfilled-column", _E, "A column that names the first row of blocks only."),
    Rule("all-missing", _E, "A column without a single value."),
    Rule("infinite-value", _E, "A value that is infinite, too large or undefined."),
    Rule("one-level", _E, "A factor with one level as predictor."),
    Rule("group-per-row", _E, "A grouping factor with a level for every row."),
    Rule("group-not-nested", _E, "A level of `g` in several levels of `f` of `by=f`."),
    Rule("invalid-covariance", _E, "A matrix of `cov=` that is none of the levels."),
    Rule("one-group", _E, "A grouping factor with a single level."),
    Rule("rows-reduced", _I, "Equal rows of a large file that became one, counted."),
    Rule("rows-dropped", _I, "Rows left out, by `where` or for lack of a value."),
    Rule(
        "decimal-comma",
        _W,
        "Numbers with a comma, which are taken as texts.",
        once=True,
    ),
    Rule("made-dates", _W, "Levels that a spreadsheet made dates of.", once=True),
    Rule("hidden-rows", _I, "Rows of a sheet that are hidden, and are read."),
    Rule("summary-row", _W, "A last row that is called a total, a mean or the like."),
    Rule("thousands-point", _W, "Points that may part thousands, or decimals."),
    Rule("missing-word", _W, "A level that is a word for a missing value.", once=True),
    Rule(
        "almost-numbers",
        _W,
        "A predictor that is text for a few of its values.",
        once=True,
    ),
    Rule(
        "level-per-row",
        _W,
        "A predictor that is text with a level for every row.",
        once=True,
    ),
    Rule("merged-numbers", _W, "Numbers of so many digits that two become one."),
    Rule("exposure-twice", _W, "The same exposure as `rate()` and as an offset."),
    Rule("offset-scale", _W, "An offset that is no logarithm where the link is one."),
    Rule(
        "merged-spellings",
        _W,
        "Ids such as `1` and `01` that become one level.",
        once=True,
    ),
    Rule(
        "similar-levels",
        _W,
        "Levels that look alike, or differ by rounding only.",
        once=True,
    ),
    Rule("unused-level", _W, "A declared level that no row has."),
    "Algebra",
    Rule("response-as-predictor", _E, "The response among the predictors."),
    Rule("invalid-power", _E, "`^` with something other than a whole number above 1."),
    Rule("invalid-term", _E, "A number or string where a term must stand."),
    Rule("vanishing-term", _W, "A term of which nothing is left, as in `a:1`."),
    Rule("group-in-interaction", _E, "A group term inside `*`, `:`, `/` or `-`."),
    Rule("invalid-group", _E, "A grouping factor that cannot be one."),
    Rule("duplicate-group-effect", _E, "The same group effect twice."),
    Rule("empty-group-term", _E, "A group term without any effect."),
    Rule("no-intercept-ordinal", _E, "`0 +` where the thresholds are the intercept."),
    Rule("fixed-scale", _E, "`disc ~ 1`: the scale of ordinal models is fixed."),
    Rule("too-many-coefficients", _E, "A formula that expands beyond 10,000."),
    Rule("nothing-to-estimate", _E, "A model in which every parameter is fixed."),
    Rule("collinear", _W, "Columns that are exact combinations of others."),
    Rule("doubled-monotonic", _W, "`mo(x)` beside what can take its place."),
    Rule("empty-cell", _W, "A combination of factor levels without a row."),
    Rule("far-from-data", _W, "A number outside the data that an answer is held at."),
    Rule("few-groups", _W, "A grouping factor with fewer than 5 levels."),
    "Quantities, tests and contrasts",
    Rule("several-columns", _E, "Several coefficients where one number is needed."),
    Rule("invalid-quantity", _E, "An expression that is no number of the model's."),
    Rule("invalid-test", _E, "A `test` that is no comparison of parameters."),
    Rule("point-null", _E, "A test of one point, which has no probability."),
    Rule("duplicate-name", _E, "One name for two quantities, tests or contrasts."),
    Rule("factor-not-in-model", _E, "A contrast of a factor that the model lacks."),
    Rule("invalid-contrast", _E, "Weights that are no numbers times levels."),
    Rule("unbalanced-weights", _E, "Weights of a contrast that do not add up to 0."),
    Rule("no-such-scale", _E, "A mean or probability that the family does not have."),
    # models that run, and are seldom what was meant
    "Statistics",
    Rule("binary-response", _W, "Two values that a normal distribution is to fit."),
    Rule("bounded-response", _W, "Whole numbers between bounds, fitted as normal."),
    Rule("spike-at-bound", _W, "A normal response that piles up at its end."),
    Rule("exact-fit", _W, "A response that the predictors give without a residual."),
    Rule("overdispersed", _W, "Counts that vary more than those of a Poisson."),
    Rule("opposite-angles", _W, "Angles around pi, where their link has its ends."),
    Rule("events-as-censored", _W, "Events that are taken for who is censored."),
    Rule(
        "looks-missing",
        _W,
        "A number that looks like a code for a missing value.",
        once=True,
    ),
    Rule("serial-dates", _W, "Dates that a spreadsheet counts in days."),
    Rule("single-rows", _W, "A group whose levels have one row each, or nearly all."),
    Rule("aliased-groups", _W, "Two grouping factors with the same levels."),
    Rule("group-in-population", _W, "A group whose levels have effects already."),
    Rule("constant-slope", _W, "A slope of what does not vary within the levels."),
    Rule("slope-without-effect", _W, "A varying slope without its population slope."),
    Rule("too-many-group-effects", _W, "As many group effects as rows, or more."),
    Rule("missing-slope", _I, "A factor within groups that has no slope there."),
    Rule("repeated-ids", _W, "Ids that start again in each level of a factor."),
    Rule("ordered-groups", _I, "A grouping factor whose levels have an order."),
    Rule("lag-across-groups", _W, "A `lag()` that goes on from group to group."),
    Rule("treatment-in-block", _I, "A factorial's group effects from a reference."),
    Rule("uncorrelated-treatment", _W, "`||` with a factor coded by a reference."),
    Rule("uncorrelated-far-away", _W, "Effects uncorrelated at a 0 far from the data."),
    Rule("curves-without-means", _W, "Curves of the levels of a factor without it."),
    Rule("uncentered-interaction", _I, "An effect at 0 of a number far from 0."),
    Rule("polynomial-trends", _I, "An ordered predictor coded by trends unasked."),
    Rule("power-of-variable", _W, "A power among terms, which is no power."),
    Rule("many-effects", _I, "More than 10 effects that nothing shrinks together."),
    Rule("unscaled-predictor", _W, "A prior that the predictor's unit makes absurd."),
    Rule("wide-prior", _W, "A prior far wider than anything the data can show."),
    Rule("time-unit", _W, "A prior of times in another unit than the responses."),
    Rule("fast-response", _W, "A response so short that it says alone what `ndt` is."),
    Rule("heavy-tail", _W, "A half-Cauchy prior over a few levels."),
    "Fits",
    Rule("improper-prior", _E, "A draw from a prior that is no distribution."),
    Rule("needs-truth", _E, "Data are to be drawn, and a parameter has no value."),
    Rule("truth-value", _E, "A value that its parameter cannot have."),
    Rule("sampling-failed", _E, "The sampler could not start, or gave up."),
    Rule("not-enough-memory", _E, "More draws than there is memory for."),
    Rule("no-kernel", _E, "A kernel is asked for, and the model has a part without."),
    Rule("not-a-fit", _E, "A file that is no fit of Varying, or is damaged."),
    Rule("other-model", _E, "A fit to go on from is of another model or other data."),
    Rule("new-level", _E, "New rows of a level that the fit has not seen."),
    Rule("missing-value", _E, "New rows without a value that the model needs."),
    Rule("not-comparable", _E, "Fits of other rows, responses or measures compared."),
)


def _grouped() -> dict[str, tuple[Rule, ...]]:
    groups: dict[str, tuple[Rule, ...]] = {}
    title = ""
    for row in _TABLE:
        if isinstance(row, str):
            title = row
        else:
            groups[title] = (*groups.get(title, ()), row)
    return groups


#: The rules by what they are about, and by their ids.
RULE_GROUPS = _grouped()
RULES: dict[str, Rule] = {r.id: r for rules in RULE_GROUPS.values() for r in rules}

if len(RULES) != sum(map(len, RULE_GROUPS.values())):  # pragma: no branch
    raise RuntimeError("two rules share an id")
