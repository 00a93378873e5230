"""Statement by statement: which are code, and what each is to be replaced by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import regex

from ..diagnostics import Edit, Fix, Severity, Sink
from ..layout import logical_lines
from ..printer import name_text
from ..source import Source, Span
from .code import (
    Called,
    Code,
    Parse,
    Word,
    statement,
    written,
)
from .column_lines import Contrasts, contrasts_of
from .draft import ModelDraft
from .intercept import is_coefficient, only_intercept, with_intercept
from .models import ORDINAL, model_of
from .pieces import (
    Piece,
    has_tilde_outside,
    head_of,
    holds_model,
    is_formula,
    line_has_tilde,
    piece_of,
)
from .priors import distribution, priors_of
from .results import statement_for
from .settings import SETTERS, contrasts_set, other_options
from .tables import (
    DPARS,
    MODEL_CALLS,
    PRIOR_CALLS,
    READERS,
    command,
)

#: Words that are read, some of them twice: brackets that are never closed begin anew.
MOST_WORDS = 40_000
#: Pieces of code that are read, and brackets inside each other: beyond, it is a text
#: of another kind.
MOST_PIECES, MOST_BRACKETS = 100, 50
_FAMILY = regex.compile(r"""\bfamily\s*=\s*["']?([\w.]+)""")
_BLANK = regex.compile(r"\s*+")
_DATA = regex.compile(r'^data[ \t]+"([^"\r\n]*)"', regex.MULTILINE)
#: A `;` with a further statement behind it on the line.
_SEMICOLON = regex.compile(r"[ \t]*;[ \t;]*(?=[^\s;#])")


@dataclass(slots=True)
class ForeignReader:
    """Goes through a text once, then reports what it has found."""

    source: Source
    sink: Sink
    parse: Parse
    pieces: list[Piece] = field(default_factory=list)
    formulas: int = 0
    #: The file that the text names, as far as it is known.
    data_named: str = ""
    #: Parameters whose intercept is a coefficient, and those that have no other.
    among: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)

    def run(self) -> list[Code]:
        """Report all code, in its order."""
        self.collect()
        named = _DATA.search(self.source.text)
        self.data_named = "" if named is None else named[1]
        values = {p.name: p.value for p in self.pieces if p.name is not None}
        drafts: dict[int, ModelDraft] = {
            place: model_of(piece.value, values)
            for place, piece in enumerate(self.pieces)
            if holds_model(piece, values)
        }
        used = Counter(name for draft in drafts.values() for name in draft.used)
        models = [place for place in drafts if self.pieces[place].name not in used]
        self.formulas += len(models)
        for place in models:
            self._note_intercept(drafts[place].line)
        found: list[Code] = []
        for place, piece in enumerate(self.pieces):
            if piece.name in used:  # said where it is used
                found.append(Code(piece.span, model=False))
            elif place in drafts:
                self._model(piece, drafts[place], used)
                found.append(Code(piece.span, model=True))
            elif self._other(piece):
                found.append(Code(piece.span, model=False))
        return found

    # ---- finding ----

    def collect(self) -> None:
        """Find the pieces, and count the formulas beside them."""
        # what goes on from the line above is none of its own
        lines, _ = logical_lines(self.source, Sink(self.source))
        begin = {line.span.start: line for line in lines}
        text, position, read = self.source.text, 0, 0
        behind: int | None = None  # where a line begins whose `;` goes before
        while position < len(text) and read < MOST_WORDS:
            if len(self.pieces) == MOST_PIECES:
                break
            blank = _BLANK.match(text, position)
            position = position if blank is None else blank.end()
            words, closed = statement(text, position)
            read += len(words)
            if not words:
                break
            if not closed:  # the brackets are at fault: one line of it
                words = [w for w in words if self._same_line(words[0], w)]
            deep = max(word.depth for word in words) > MOST_BRACKETS
            piece = piece_of(words) if closed and not deep else None
            line = begin.get(piece.span.start) if piece is not None else None
            if line is None and piece is not None and behind is not None:
                line = begin.get(behind)  # `m1 <- ...; m2 <- ...`
            # a `~` of the next row makes a formula of what looks like a call
            if piece is not None and line is not None:
                if (
                    not line_has_tilde(line)
                    or has_tilde_outside(piece.value)
                    or piece.name
                ):
                    self.pieces.append(piece)
            elif is_formula(words):
                self.formulas += 1
                self._note_intercept(written(words))
            position = words[-1].end
            if words[-1].text != ";":
                behind = None
            elif behind is None:
                behind = words[0].start
        return

    def _note_intercept(self, text: str) -> None:
        """Note whether the intercept of a formula is a coefficient."""
        left, _, right = text.partition("~")
        right = right.partition(",")[0]
        if is_coefficient(right):
            name = left.strip() if left.strip() in DPARS else ""
            self.among.add(name)
            if only_intercept(right):
                self.alone.add(name)

    def _same_line(self, first: Word, word: Word) -> bool:
        between = self.source.text[first.start : word.start]
        return "\n" not in between and "\r" not in between

    # ---- reporting ----

    def _model(self, piece: Piece, draft: ModelDraft, used: Counter[str]) -> None:
        head = head_of(piece.value)
        notes = [
            *draft.blocked,
            *draft.notes,
            *draft.reasons,
        ]
        fix = None
        several = any(used[name] > 1 for name in draft.used)
        lines = self._lines(piece, draft) if draft.formula else []
        left = draft.formula.partition(" ~ ")[0]
        of_part = head is not None and head.name in ("lf", "nlf") and left in DPARS
        if of_part and self.source.position(piece.span.start).column == 1:
            lines = [f"  {line}" for line in lines]
        if lines and not draft.blocked and not several and _is_read(lines, self.parse):
            edits = [self._edit(piece, lines)]
            for other in self.pieces:
                if other.name in draft.used:
                    edits.append(Edit(self._whole_line(other.span), ""))
            title = f"write `{lines[0].strip()}`"
            if len(lines) > 1:
                below = ", ".join(f"`{line.strip()}`" for line in lines[1:])
                title += f", and below it, indented, {below}"
            inside = self.source.position(piece.span.start).column > 1
            # a second formula without a name would be one fault for another
            alone = self.formulas <= 1 or piece.name is not None or inside
            if not (alone or of_part):
                notes.append("several models have names: `model NAME: y ~ x`")
            sure = draft.sure and (alone or of_part) and not self._more(piece)
            gone = (one for one in self.pieces if one.name in draft.used)
            sure = sure and not any(other.comments for other in gone)
            fix = Fix(title, tuple(edits), safe=sure)
        elif draft.formula:
            notes.insert(0, f"its formula is a line by itself: `{draft.line}`")
        row = None if head is None else MODEL_CALLS.get(head.name)
        if head is not None and row is not None and row.where == "Python":
            message = "a spec holds what stands in the quotes, and no call"
        elif head is None:
            message = "a formula stands by itself, without quotes or assignment"
        elif row is None:
            message = f"a formula stands by itself, without `{head.name}()`"
        else:
            message = (
                f"`{head.name}()` of {row.where} is no part of a spec: its formula "
                "stands by itself"
            )
        self.sink.add(
            "foreign-code", self._place(piece), message, *dict.fromkeys(notes), fix=fix
        )

    def _lines(self, piece: Piece, draft: ModelDraft) -> list[str]:
        """Return the lines that take the place of a model."""
        line = draft.line
        name = piece.name
        if self.formulas > 1 and name is not None and name_text(name) == name:
            line = f"model {name}: {line}"
        position = self.source.position(piece.span.start)
        margin = self.source.line_text(position.line)[: position.column - 1]
        indent = margin if not margin.strip() else ""
        return [line, *(f"{indent}  {part}" for part in (*draft.parts, *draft.priors))]

    def _other(self, piece: Piece) -> bool:
        """Report code that holds no model; whether it is known."""
        call = head_of(piece.value)
        priors = priors_of(piece.value, None, ordinal=False)
        if priors is not None or (call is not None and call.name in PRIOR_CALLS):
            self._priors(piece, call)
            return True
        contrasts = contrasts_of(piece.words)
        if contrasts is not None:
            self._contrasts(piece, contrasts)
            return True
        text = piece.words[0].text
        if text in ("import", "from"):
            self._left_out(piece, "nothing has to be imported")
            return True
        if call is None:
            return False
        base = call.name.rpartition(".")[2]
        if base == "Prior":
            self._alone(piece, call)
            return True
        if base in READERS or call.name in READERS:
            self._reader(piece, call)
            return True
        if call.name in SETTERS:
            self._settings(piece, call)
            return True
        why = command(call.name)
        if why is None:
            return False
        if why == "nothing has to be loaded":
            self._left_out(piece, why)
            return True
        self._result(piece, call, why)
        return True

    def _result(self, piece: Piece, call: Called, why: str) -> None:
        """Say what does what a call does to a fit: in its own words, if it has some."""
        line, fix = statement_for(call), None
        if line is not None and _is_read([line], self.parse):
            why = f'it is `{line}`, in the spec, or of a fit: `varying ask FIT "..."`'
            fix = self._written(piece, [line], sure=False)
        message = f"`{call.name}()` is no statement of a spec"
        self.sink.add("foreign-code", self._place(piece), message, why, fix=fix)

    def _priors(self, piece: Piece, call: Called | None) -> None:
        family = self._family()
        found = priors_of(piece.value, family, family in ORDINAL)
        fix = None
        notes = ["a prior is written `prior TARGET ~ distribution(...)`"]
        if found:
            position = self.source.position(piece.span.start)
            margin = self.source.line_text(position.line)[: position.column - 1]
            texts = [prior.text for prior in found]
            if "" not in self.among or self.formulas == 1:
                texts = with_intercept(texts, self.among, self.alone)
            lines = [texts[0], *(f"{margin}{text}" for text in texts[1:])]
            sure = all(prior.sure for prior in found)
            if _is_read(texts, self.parse):
                fix = self._written(piece, lines, sure=sure)
            if not all(prior.sure for prior in found):
                notes.append(
                    "of an ordinal model the intercept is `threshold[mean]`; "
                    "`Intercept[mean]` is the one at the means of the predictors, as "
                    "in brms and Bambi"
                )
        name = call.name if call is not None else ""
        message = (
            "a prior is a statement, not a call"
            if name in PRIOR_CALLS
            else "priors are statements, one a line"
        )
        self.sink.add("foreign-code", self._place(piece), message, *notes, fix=fix)

    def _contrasts(self, piece: Piece, found: Contrasts) -> None:
        notes, fix = [f"written `{found.line}`"], None
        name = name_text(found.column)
        if found.based:
            notes = [f"the base is named by its level: `column {name}: factor, ref=a`"]
        elif found.scheme is None:
            notes = [
                f"a matrix is a list of rows, one a level: `column {name}: factor, "
                "contrast=[[1, 0], [0, 1], [-1, -1]]`",
                f"named: `column {name}: factor, contrast=custom(a_b=[1, -1, 0])`",
            ]
        elif found.is_declared(self.source.text):
            notes = [f"add `contrast={found.scheme}` to its `column` statement"]
        else:
            fix = self._written(piece, [found.line], sure=True)
        self.sink.add(
            "foreign-code",
            self._place(piece),
            "contrasts belong to a column",
            *notes,
            fix=fix,
        )

    def _settings(self, piece: Piece, call: Called) -> None:
        """Report ``options(contrasts = c("contr.sum", "contr.poly"))``, and others."""
        notes = contrasts_set(call)
        message = "contrasts belong to a column"
        if not notes:
            notes = other_options(call)
            message = f"`{call.name}()` is no statement of a spec"
        self.sink.add("foreign-code", self._place(piece), message, *notes)

    def _family(self) -> str | None:
        """Return the family of the only formula beside code; None if not known."""
        if self.formulas != 1:
            return None
        match = _FAMILY.search(self.source.text)
        return "gaussian" if match is None else match[1]

    def _alone(self, piece: Piece, call: Called) -> None:
        """Report ``bmb.Prior("Normal", mu=0, sigma=1)``, which is about nothing."""
        written_ = None
        if call.given and call.given[0].string is not None:
            inside = ", ".join(
                f"{a.keyword}={a.text}" if a.keyword else a.text for a in call.given[1:]
            )
            written_ = distribution(f"{call.given[0].string}({inside})", "b")
        self.sink.add(
            "foreign-code",
            self._place(piece),
            "a prior says what it is about",
            f"for the effect of `x` it is `prior b[x] {written_ or '~ normal(0, 1)'}`",
        )

    def _left_out(self, piece: Piece, why: str) -> None:
        edit = Edit(self._whole_line(piece.span), "")
        self.sink.add(
            "foreign-code",
            self._place(piece),
            "a spec holds no code of R or Python",
            why,
            fix=Fix("leave the line out", (edit,), safe=not piece.comments),
        )

    def _reader(self, piece: Piece, call: Called) -> None:
        paths = [a.string for a in call.given if a.string is not None]
        fix = None
        if paths and "." in paths[0]:
            shown = paths[0].replace("\\\\", "/").replace("\\", "/")
            statement_ = f'data "{shown}"'
            plain = len(call.given) == 1 and not call.name.endswith("csv2")
            if self.data_named:
                fix = self._second(piece, shown, sure=plain)
            else:
                fix = self._written(piece, [statement_], sure=plain)
                self.data_named = shown
        self.sink.add(
            "foreign-code",
            self._place(piece),
            "the data file is named by a statement",
            'written `data "file.csv"`; other formats are known by their ending',
            fix=fix,
        )

    def _written(self, piece: Piece, lines: Sequence[str], *, sure: bool) -> Fix:
        """Return the fix that writes lines in place of a piece."""
        shown = ", ".join(f"`{line.strip()}`" for line in lines)
        edit = self._edit(piece, lines)
        return Fix(f"write {shown}", (edit,), safe=sure and not self._more(piece))

    def _edit(self, piece: Piece, lines: Sequence[str]) -> Edit:
        """Return the edit that writes lines, comments from inside above them.

        What stands behind a `;` begins a line of its own.
        """
        text, span = self.source.text, piece.span
        position = self.source.position(span.start)
        line = self.source.line_text(position.line)
        margin = line[: len(line) - len(line.lstrip())]
        shown = f"\n{margin}".join(piece.comments)
        shown += f"\n{margin}" if piece.comments else ""
        shown += "\n".join(lines)
        more = _SEMICOLON.match(text, span.end)
        if more is not None:
            return Edit(Span(span.start, more.end()), f"{shown}\n{margin}")
        return Edit(span, shown)

    def _second(self, piece: Piece, path: str, *, sure: bool) -> Fix | None:
        """Return the fix for a further reader: none, unless it is of the same file."""
        if path != self.data_named:
            return None
        edit = Edit(self._whole_line(piece.span), "")
        alone = sure and not piece.comments and not self._more(piece)
        alone &= _SEMICOLON.match(self.source.text, piece.span.end) is None
        return Fix("leave the line out: the file is named", (edit,), safe=alone)

    def _place(self, piece: Piece) -> Span:
        """Return the place that a report points to: the name of a call, or all."""
        call = head_of(piece.value)
        words = piece.value if call is not None else piece.words
        first = words[0]
        if call is None and self.source.position(first.start).line == (
            self.source.position(piece.span.end).line
        ):
            return piece.span
        return Span(first.start, first.end)

    def _more(self, piece: Piece) -> bool:
        """Whether a further statement stands on the line of a piece."""
        if _SEMICOLON.match(self.source.text, piece.span.end):
            return False
        rest = self.source.text[piece.span.end :].splitlines()[:1]
        return bool(rest) and rest[0].strip(" \t;").partition("#")[0] != ""

    def _whole_line(self, span: Span) -> Span:
        """Return a span with its indentation and the end of its line."""
        text = self.source.text
        start = span.start
        while start and text[start - 1] in " \t":
            start -= 1
        end = span.end
        while end < len(text) and text[end] in " \t;":
            end += 1
        if end < len(text) and text[end] in "\r\n":
            end += 2 if text[end : end + 2] == "\r\n" else 1
        return Span(start, end)


def _is_read(lines: Sequence[str], parse: Parse) -> bool:
    """Whether lines can be read: what was copied may have faults of its own."""
    source = Source("\n".join(lines))
    sink = Sink(source)
    again = ForeignReader(source, sink, parse)
    again.collect()
    if again.pieces:
        return False
    parse(source, sink)
    return not any(
        found.severity is Severity.ERROR and found.rule != "no-model"
        for found in sink.diagnostics
    )


__all__ = ["ForeignReader"]
