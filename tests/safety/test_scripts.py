"""Names and texts of a spec, and of its data, stay data in the script that is shown.

The texts below would end a literal, a comment or a name of Python, and call ``pwned``.
The script is parsed, not run: what it calls is then certain.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from varying.compiler.backends.source.emit import emit
from varying.compiler.driver import Request, compile_spec
from varying.grammar.printer import string_text
from varying.grammar.source import Source

PAYLOADS = (
    'x"]; pwned()#',
    "x']; pwned()#",
    'x"); pwned()#',
    '""" + pwned() + """',
    "''' + pwned() + '''",
    '"""; pwned(); """',
    '\\"""; pwned() #',
    "x\\",
    '"',
    '\\"',
    "'\\",
    "{pwned()}",
    "%(pwned)s",
    "#pwned()",
    "x\u2028pwned()",
    "import pwned",
    "pwned()",
    "__import__('pwned')",
    "x.__class__",
    "\\N{QUOTATION MARK}; pwned()",
)
#: Texts that only the data can hold: a spec ends its strings with the line.
OF_DATA = (*PAYLOADS, "\npwned()\n", "x\rpwned()#", '"\nimport pwned\n"')


DANGEROUS = {
    *("__import__", "__builtins__", "eval", "exec", "compile", "open", "getattr"),
    *("globals", "vars", "setattr", "breakpoint", "input"),
}


def spec_of(payload: str) -> str:
    """Put a text wherever a spec takes one."""
    name, text = f"`{payload}`", string_text(payload)
    return (
        f'data "data.csv"\ncolumn f: factor(a, b, {text})\n'
        f"let `z {payload}` = log({name} + 9)\nwhere f != {text} # {payload}\n"
        f"model `m {payload}`: y ~ {name}*f + `z {payload}` + (1 + f | `g {payload}`)\n"
        f"  prior b[f[b]] ~ normal(0, 1)  # {payload}\n"
        f"  sigma ~ {name}\n"
    )


def write(folder: Path, payload: str, level: str) -> None:
    with (folder / "data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["y", payload, "f", f"g {payload}"])
        for i in range(24):
            group = (level, "u", "v", f"w{level}")[i % 4]
            writer.writerow([i * i % 7 + 0.5, i % 5, "ab"[i // 2 % 2], group])


def called(script: str) -> Iterator[str]:
    """Yield what a script calls and imports; it has no attribute of Python's own."""
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield ast.unparse(node)
        elif isinstance(node, ast.Attribute):
            assert not node.attr.startswith("__")
        elif isinstance(node, ast.Name):
            assert node.id not in DANGEROUS


def script_of(folder: Path, text: str) -> str:
    return emit(compile_spec(Request(Source(text, "a.model"), base=folder)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_texts_of_a_spec_are_data(payload: str, tmp_path: Path) -> None:
    write(tmp_path, payload, "t")
    found = set(called(script_of(tmp_path, spec_of(payload))))
    write(tmp_path, "x", "t")
    harmless = set(called(script_of(tmp_path, spec_of("x"))))
    # the same calls as for names that mean nothing, whatever the variables are called
    assert not [text for text in found if text.startswith(("pwned", "import pwned"))]
    assert len(found) == len(harmless)


@pytest.mark.parametrize("level", OF_DATA, ids=ascii)
def test_texts_of_the_data_are_data(level: str, tmp_path: Path) -> None:
    write(tmp_path, "x", level)
    text = 'data "data.csv"\ny ~ x*f + (1 + f | `g x`)\n'
    found = set(called(script_of(tmp_path, text)))
    write(tmp_path, "x", "t")
    assert found == set(called(script_of(tmp_path, text)))


@pytest.mark.parametrize("name", OF_DATA, ids=ascii)
def test_columns_that_nobody_wrote_down_are_data(name: str, tmp_path: Path) -> None:
    write(tmp_path, name, "t")
    found = list(called(script_of(tmp_path, 'data "data.csv"\ny ~ .\n')))
    assert found
    assert not [text for text in found if text.startswith(("pwned", "import pwned"))]


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "/" not in p], ids=ascii)
def test_a_path_is_data(payload: str, tmp_path: Path) -> None:
    write(tmp_path, "x", "t")
    (tmp_path / "data.csv").rename(tmp_path / f"{payload}.csv")
    text = f"data {string_text(f'{payload}.csv')}\ny ~ x\n"
    found = list(called(script_of(tmp_path, text)))
    assert not [text for text in found if text.startswith(("pwned", "import pwned"))]
