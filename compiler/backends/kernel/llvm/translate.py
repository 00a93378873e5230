"""From plain Python functions of numbers to LLVM.

The operations of the kernel, and the densities of families and priors, are Python
of a small kind: numbers, places behind pointers, ``if``, ``for`` over ``range``,
``while``, functions of ``math`` and each other. This file (statements) and
``expressions`` know that kind and nothing else. What Numba makes of the same text
is as fast, but takes five times as long to compile, most of it to find types that
are written down here.

Numbers are ``float`` (``double``), ``int`` (64 bits) or ``bool``, and a variable
has the type of what it is first given. The arguments of an operation have fixed
types (``ARGUMENTS``); all others are floats. Division by zero is an infinity or no
number; nothing raises. Whatever else a function has is an ``Untranslatable``: what
is translated does as the same text does in Python.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llvmlite import ir

from .expressions import (
    LIBRARY,
    REAL,
    REALS,
    TRUTH,
    WHOLE,
    WHOLES,
    Expressions,
    Untranslatable,
)

__all__ = ["Translator", "Untranslatable"]

#: Types of arguments, by their names in operations and entries.
ARGUMENTS: Mapping[str, ir.Type] = {
    **{"o": WHOLES, "p": WHOLE, "v": REALS, "d": REALS, "c": REALS, "k": WHOLES},
    **{"count": WHOLE, "dimension": WHOLE, "block": WHOLES},
    **{"x": REALS, "slopes": REALS, "value": REALS},
}

#: Types of results, by their annotation; without one it is a float.
_RESULTS: Mapping[str, ir.Type] = {"int": WHOLE, "bool": TRUTH}


class Translator:
    """A module that functions are added to.

    Attributes
    ----------
    module
        What has been translated.
    """

    def __init__(self) -> None:
        self.module = ir.Module("varying")
        self._functions: dict[tuple[object, bool], ir.Function | None] = {}
        self._library: dict[str, ir.Function] = {}

    def function(
        self, function: Callable[..., Any], *, typed: bool = False, name: str = ""
    ) -> ir.Function:
        """Return the translation of a function, made on its first use.

        Parameters
        ----------
        function
            A plain function.
        typed
            Whether its arguments have the types of ``ARGUMENTS``: an operation.
        name
            Its name outside the module; without one it is internal.

        Raises
        ------
        Untranslatable
            If it has something that is not known here; says where.
        """
        key = (function, typed)
        if key not in self._functions:
            if not isinstance(function, types.FunctionType):
                raise Untranslatable(f"{function!r} is no Python function")
            self._functions[key] = None
            self._functions[key] = _Function(self, function, typed, name).translate()
        made = self._functions[key]
        if made is None:
            raise Untranslatable(f"{_name(function)} calls itself")
        return made

    def library(self, name: str, result: ir.Type, arguments: Sequence[ir.Type]) -> Any:
        """Return a function of the C library."""
        if name not in self._library:
            found = ir.Function(self.module, ir.FunctionType(result, arguments), name)
            found.attributes.add("nounwind")
            if name in LIBRARY:
                # but for errno, which nobody reads
                found.attributes.add("readnone")
            self._library[name] = found
        return self._library[name]


def _name(function: Any) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _definition(function: types.FunctionType) -> ast.FunctionDef:
    """Return the text of a function as a tree."""
    if function.__name__ == "<lambda>":
        raise Untranslatable(f"{_name(function)} is no `def`")
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if not isinstance(tree, ast.FunctionDef):
        raise Untranslatable(f"{_name(function)} is no `def`")
    return tree


class _Function(Expressions):
    """One function: its variables, and the block that is being written."""

    def __init__(
        self, owner: Translator, function: types.FunctionType, typed: bool, name: str
    ) -> None:
        super().__init__(owner, function)
        self._name = name
        self._tree = _definition(function)
        listed = self._tree.args
        others = (listed.posonlyargs, listed.kwonlyargs, listed.vararg, listed.kwarg)
        if self._tree.decorator_list or any(others) or function.__closure__:
            self._fail(self._tree, "more than a plain function")
        self._names = [argument.arg for argument in listed.args]
        if typed and (unknown := [n for n in self._names if n not in ARGUMENTS]):
            self._fail(self._tree, f"no type is known of `{unknown[0]}`")
        self._types = [ARGUMENTS[n] if typed else REAL for n in self._names]
        self._loops: list[tuple[Any, Any]] = []

    def translate(self) -> ir.Function:
        """Return the finished function."""
        for argument, type_ in zip(self._names, self._types, strict=True):
            if isinstance(type_, ir.PointerType):
                # known before its value is: the type of a result can depend on it
                self._variables[argument] = ir.Constant(type_, None)
        kind = ir.FunctionType(self._result_type(), self._types)
        # a prefix, so that a function may be called as one of the C library
        unique = self._owner.module.get_unique_name(f"py.{self._python.__name__}")
        made = ir.Function(self._owner.module, kind, self._name or unique)
        made.attributes.add("nounwind")
        if not self._name:
            made.linkage = "internal"
            if all(t == REAL for t in self._types):
                made.attributes.add("alwaysinline")
        self._entry = made.append_basic_block("entry")
        self._build = ir.IRBuilder(made.append_basic_block("body"))
        for argument, name, type_ in zip(
            made.args, self._names, self._types, strict=True
        ):
            if isinstance(type_, ir.PointerType):
                # values, slopes and data never overlap
                argument.add_attribute("noalias")
                self._variables[name] = argument
            else:
                self._store(self._tree, name, argument)
        self._block(self._tree.body)
        if not self._build.block.is_terminated:
            if kind.return_type != ir.VoidType():
                self._fail(self._tree, "it ends without a result")
            self._build.ret_void()
        ir.IRBuilder(self._entry).branch(made.blocks[1])
        return made

    def _result_type(self) -> Any:
        returns = [
            node
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Return) and node.value is not None
        ]
        if not returns:
            return ir.VoidType()
        value = returns[0].value
        if isinstance(value, ast.Tuple):
            return ir.LiteralStructType([REAL] * len(value.elts))
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            called = self._python.__globals__.get(value.func.id)
            if isinstance(called, types.FunctionType):
                return self._called(value, called).function_type.return_type
        match self._tree.returns:
            case ast.Name(name):
                return _RESULTS.get(name, REAL)
            case _:
                return REAL

    # ---- statements ------------------------------------------------------------------

    def _block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)
            if self._build.block.is_terminated:
                return

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Expr(ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(ast.Call() as call):
                self._call(call)
            case ast.Assign([target], value) | ast.AnnAssign(
                target, _, ast.expr() as value
            ):
                self._assign(node, target, value)
            case ast.AugAssign(target, operation, value):
                self._put(target, self._binary(node, target, operation, value))
            case ast.If(test, body, otherwise):
                self._if(test, body, otherwise)
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), limits), body, []):
                self._for(node, name, limits, body)
            case ast.While(test, body, []):
                self._while(test, body)
            case ast.Return(value):
                self._return(node, value)
            case ast.Continue():
                self._build.branch(self._loops[-1][0])
            case ast.Break():
                self._build.branch(self._loops[-1][1])
            case _:
                self._fail(node, "no such statement")

    def _assign(self, node: ast.stmt, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and isinstance(value, ast.Name):
            known = self._tuple(value.id)
            if isinstance(known, tuple):
                self._only_once(node, target.id)
                self._tuples[target.id] = known
                return
        if not isinstance(target, ast.Tuple):
            self._put(target, self._value(value))
            return
        count = len(target.elts)
        if isinstance(value, ast.Tuple):
            found = [self._value(element) for element in value.elts]
        else:
            whole = self._value(value)
            size = len(getattr(whole.type, "elements", ()))
            found = [self._build.extract_value(whole, i) for i in range(size)]
        if len(found) != count:
            self._fail(node, f"{len(found)} values for {count} names")
        for one, what in zip(target.elts, found, strict=True):
            self._put(one, what)

    def _put(self, target: ast.expr, value: Any) -> None:
        match target:
            case ast.Name(name):
                self._store(target, name, value)
            case ast.Subscript(ast.Name(name), index):
                element = self._element(target, name, index)
                kind = element.type.pointee
                self._build.store(self._as(value, kind, target), element)
            case _:
                self._fail(target, "no such target")

    def _only_once(self, node: ast.AST, name: str) -> None:
        # which of two it is would depend on where control came from
        if name in self._variables or name in self._tuples:
            self._fail(node, "the name of places or of a tuple is used twice")

    def _store(self, node: ast.AST, name: str, value: Any) -> None:
        if isinstance(value.type, ir.PointerType):
            self._only_once(node, name)
            self._variables[name] = value
            return
        if name not in self._variables:
            if name in self._tuples:
                self._only_once(node, name)
            if value.type not in (REAL, WHOLE, TRUTH):
                self._fail(node, "a variable is one number")
            self._variables[name] = self._place(value.type, name)
        place = self._variables[name]
        if not isinstance(place, ir.AllocaInstr):
            self._only_once(node, name)
        self._build.store(self._as(value, place.type.pointee, node), place)

    # ---- control ---------------------------------------------------------------------

    def _if(
        self, test: ast.expr, body: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]
    ) -> None:
        condition = self._truth(test)
        then, behind = self._new("then"), self._new("behind")
        other = self._new("else") if otherwise else behind
        self._build.cbranch(condition, then, other)
        reached = not otherwise
        for start, statements in ((then, body), (other, otherwise)):
            if start is behind:
                continue
            self._build.position_at_end(start)
            self._block(statements)
            if not self._build.block.is_terminated:
                self._build.branch(behind)
                reached = True
        self._build.position_at_end(behind)
        if not reached:
            self._build.unreachable()

    def _for(
        self, node: ast.AST, name: str, limits: Sequence[ast.expr], body: list[ast.stmt]
    ) -> None:
        if len(limits) not in (1, 2):
            self._fail(node, "a range has an end, or a start and an end")
        ends = [self._as(self._value(limit), WHOLE, limit) for limit in limits]
        first, last = ends if len(ends) == 2 else (ir.Constant(WHOLE, 0), ends[0])
        counter = self._place(WHOLE)
        self._build.store(first, counter)
        head, inside = self._new("head"), self._new("loop")
        step, behind = self._new("step"), self._new("behind")
        self._build.branch(head)
        self._build.position_at_end(head)
        now = self._build.load(counter)
        more = self._build.icmp_signed("<", now, last)
        self._build.cbranch(more, inside, behind)
        self._build.position_at_end(inside)
        self._store(node, name, now)
        self._loops.append((step, behind))
        self._block(body)
        self._loops.pop()
        if not self._build.block.is_terminated:
            self._build.branch(step)
        self._build.position_at_end(step)
        one = ir.Constant(WHOLE, 1)
        self._build.store(self._build.add(self._build.load(counter), one), counter)
        self._build.branch(head)
        self._build.position_at_end(behind)

    def _while(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        head, inside, behind = self._new("head"), self._new("loop"), self._new("behind")
        self._build.branch(head)
        self._build.position_at_end(head)
        self._build.cbranch(self._truth(test), inside, behind)
        self._build.position_at_end(inside)
        self._loops.append((head, behind))
        self._block(body)
        self._loops.pop()
        if not self._build.block.is_terminated:
            self._build.branch(head)
        self._build.position_at_end(behind)

    def _return(self, node: ast.stmt, value: ast.expr | None) -> None:
        kind = self._build.function.function_type.return_type
        if value is None:
            if kind != ir.VoidType():
                self._fail(node, "results of two kinds")
            self._build.ret_void()
            return
        if not isinstance(value, ast.Tuple):
            self._build.ret(self._as(self._value(value), kind, value))
            return
        if len(getattr(kind, "elements", ())) != len(value.elts):
            self._fail(node, "results of two kinds")
        whole = ir.Constant(kind, ir.Undefined)
        for i, element in enumerate(value.elts):
            number = self._as(self._value(element), REAL, element)
            whole = self._build.insert_value(whole, number, i)
        self._build.ret(whole)
