"""The expressions of the kernel's Python, as LLVM: see ``translate``."""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol

from llvmlite import ir

REAL, WHOLE, TRUTH = ir.DoubleType(), ir.IntType(64), ir.IntType(1)
REALS, WHOLES = REAL.as_pointer(), WHOLE.as_pointer()

_WORDS: Mapping[Any, str] = {
    **{REAL: "a float", WHOLE: "an int", TRUTH: "a bool"},
    **{REALS: "places of floats", WHOLES: "places of ints"},
}

#: Functions of ``math`` that LLVM has, and those of the C library.
INTRINSICS = {"exp": "llvm.exp", "log": "llvm.log", "sqrt": "llvm.sqrt"}
INTRINSICS |= {"sin": "llvm.sin", "cos": "llvm.cos", "pow": "llvm.pow"}
INTRINSICS |= {"floor": "llvm.floor", "ceil": "llvm.ceil"}
LIBRARY = ("log1p", "expm1", "tanh", "erfc", "atan")
#: Functions of ``math`` with another number of arguments than one.
ARGUMENTS = {"pow": 2}

_COMPARISONS: Mapping[type[ast.cmpop], str] = {
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="},
    **{ast.Eq: "==", ast.NotEq: "!="},
}


class Untranslatable(TypeError):
    """A function is not of the kind of Python that is known here: a bug of ours."""


class Module(Protocol):
    """What expressions need of the module that they stand in: ``Translator``."""

    module: ir.Module

    def library(self, name: str, result: ir.Type, arguments: Sequence[ir.Type]) -> Any:
        """Return a function of the C library."""

    def function(
        self, function: Callable[..., Any], *, typed: bool = False
    ) -> ir.Function:
        """Return what a Python function is translated to."""


class Expressions:
    """Values of expressions, written where ``_build`` is.

    ``_variables`` has, by name, the place of a number or the pointer itself;
    ``_tuples`` the local names of tuples of constants.
    """

    _build: Any
    _entry: Any

    def __init__(self, owner: Module, function: types.FunctionType) -> None:
        self._owner, self._python = owner, function
        self._variables: dict[str, Any] = {}
        self._tuples: dict[str, tuple[float, ...]] = {}

    def _fail(self, node: ast.AST, message: str) -> NoReturn:
        line = self._python.__code__.co_firstlineno + getattr(node, "lineno", 1) - 1
        where = f"{self._python.__module__}.{self._python.__qualname__}, line {line}"
        text, _, more = ast.unparse(node).partition("\n")
        raise Untranslatable(f"{where}: {message}: {text}{' ...' if more else ''}")

    def _new(self, name: str) -> Any:
        return self._build.function.append_basic_block(name)

    def _place(self, kind: Any, name: str = "") -> Any:
        """Allot a variable; in the entry, so that loops do not allot it again."""
        return ir.IRBuilder(self._entry).alloca(kind, name=name)

    def _value(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value):
                return self._constant(node, value)
            case ast.Name(name):
                return self._named(node, name)
            case ast.Attribute(ast.Name("math"), name):
                if not isinstance(number := getattr(math, name, None), float):
                    self._fail(node, "no such constant")
                return ir.Constant(REAL, number)
            case ast.BinOp(left, operation, right):
                return self._binary(node, left, operation, right)
            case ast.UnaryOp(ast.USub(), operand):
                return self._minus(node, self._value(operand))
            case ast.UnaryOp(ast.Not(), operand):
                return self._build.not_(self._truth(operand))
            case ast.BoolOp(operation, values):
                return self._both(isinstance(operation, ast.And), values)
            case ast.Compare(left, [operation], [right]):
                return self._compare(node, left, operation, right)
            case ast.IfExp(test, body, otherwise):
                return self._choice(node, test, body, otherwise)
            case ast.Subscript(ast.Name(name), index):
                if isinstance(known := self._tuple(name), tuple):
                    return self._of_tuple(node, known, index)
                return self._build.load(self._element(node, name, index))
            case ast.Subscript(ast.Call() as call, index):
                whole = self._call(call)
                if not isinstance(whole.type, ir.LiteralStructType):
                    self._fail(node, "one number has no elements")
                at = self._number(node, index, whole.type.elements)
                return self._build.extract_value(whole, at)
            case ast.Call():
                return self._call(node)
            case _:
                return self._fail(node, "no such expression")

    # ---- names and constants ---------------------------------------------------------

    def _constant(self, node: ast.expr, value: object) -> Any:
        for type_, kind in ((bool, TRUTH), (int, WHOLE), (float, REAL)):
            if isinstance(value, type_):
                return ir.Constant(kind, type_(value))
        return self._fail(node, "no number")

    def _named(self, node: ast.expr, name: str) -> Any:
        if name in self._variables:
            place = self._variables[name]
            if isinstance(place, ir.AllocaInstr):
                return self._build.load(place)
            return place
        if name in self._tuples:
            self._fail(node, "no number")
        if name in self._python.__globals__:
            return self._constant(node, self._python.__globals__[name])
        return self._fail(node, "unknown name")

    def _tuple(self, name: str) -> object:
        if name in self._tuples:
            return self._tuples[name]
        return None if name in self._variables else self._python.__globals__.get(name)

    def _of_tuple(self, node: ast.expr, known: Sequence[Any], index: ast.expr) -> Any:
        """Return an element of a tuple of constants; a loop may count its place."""
        if not isinstance(index, ast.Name):
            return self._constant(node, known[self._number(node, index, known)])
        place = self._value(index)
        if place.type != WHOLE or not all(isinstance(one, float) for one in known):
            self._fail(node, "no place in the tuple")
        table = ir.Constant(
            ir.ArrayType(REAL, len(known)), [REAL(one) for one in known]
        )
        module = self._owner.module
        held = ir.GlobalVariable(module, table.type, module.get_unique_name("table"))
        held.initializer, held.global_constant, held.linkage = table, True, "internal"
        return self._build.load(self._build.gep(held, [ir.Constant(WHOLE, 0), place]))

    def _number(self, node: ast.expr, index: ast.expr, elements: Sequence[Any]) -> int:
        """Return a place in a tuple, which must be written down."""
        match index:
            case ast.Constant(int(at)) if 0 <= at < len(elements):
                return at
            case _:
                return self._fail(node, "no place in the tuple")

    def _element(self, node: ast.expr, name: str, index: ast.expr) -> Any:
        if name not in self._variables:
            self._fail(node, "unknown name")
        pointer = self._variables[name]
        if isinstance(pointer, ir.AllocaInstr):
            self._fail(node, "one number has no elements")
        place = self._value(index)
        if place.type != WHOLE:
            self._fail(node, "the place is no int")
        return self._build.gep(pointer, [place])

    # ---- numbers ---------------------------------------------------------------------

    def _as(self, value: Any, kind: Any, node: ast.AST) -> Any:
        if value.type == kind:
            return value
        if kind == REAL and value.type == WHOLE:
            return self._build.sitofp(value, REAL)
        have, want = (
            _WORDS.get(one, "a tuple of floats") for one in (value.type, kind)
        )
        return self._fail(node, f"{have}, not {want}")

    def _pair(self, left: ast.expr, right: ast.expr) -> tuple[Any, Any]:
        """Return two numbers of one type."""
        a, b = self._value(left), self._value(right)
        if a.type == b.type == WHOLE:
            return a, b
        return self._as(a, REAL, left), self._as(b, REAL, right)

    def _minus(self, node: ast.expr, value: Any) -> Any:
        if value.type == WHOLE:
            return self._build.neg(value)
        return self._build.fneg(self._as(value, REAL, node))

    def _binary(
        self, node: ast.AST, left: ast.expr, operation: ast.operator, right: ast.expr
    ) -> Any:
        a, b = self._pair(left, right)
        build, whole = self._build, a.type == WHOLE
        match operation:
            case ast.Add():
                return build.add(a, b, flags=("nsw",)) if whole else build.fadd(a, b)
            case ast.Sub():
                return build.sub(a, b, flags=("nsw",)) if whole else build.fsub(a, b)
            case ast.Mult():
                return build.mul(a, b, flags=("nsw",)) if whole else build.fmul(a, b)
            case ast.Div():
                return build.fdiv(self._as(a, REAL, left), self._as(b, REAL, right))
            case _:
                return self._fail(node, "no such operation")

    # ---- truth -----------------------------------------------------------------------

    def _truth(self, node: ast.expr) -> Any:
        value = self._value(node)
        if value.type == TRUTH:
            return value
        if value.type == WHOLE:
            return self._build.icmp_signed("!=", value, ir.Constant(WHOLE, 0))
        return self._fail(node, "neither true nor false")

    def _compare(
        self, node: ast.expr, left: ast.expr, operation: ast.cmpop, right: ast.expr
    ) -> Any:
        if type(operation) not in _COMPARISONS:
            self._fail(node, "no such comparison")
        sign = _COMPARISONS[type(operation)]
        a, b = self._pair(left, right)
        if a.type == WHOLE:
            return self._build.icmp_signed(sign, a, b)
        if sign == "!=":
            return self._build.fcmp_unordered(sign, a, b)
        return self._build.fcmp_ordered(sign, a, b)

    def _both(self, every: bool, values: Sequence[ast.expr]) -> Any:
        """``and``, ``or``: what comes later is not looked at if it cannot matter."""
        place = self._place(TRUTH)
        behind = self._new("behind")
        for value in values[:-1]:
            truth = self._truth(value)
            self._build.store(truth, place)
            following = self._new("next")
            ends = (following, behind) if every else (behind, following)
            self._build.cbranch(truth, *ends)
            self._build.position_at_end(following)
        self._build.store(self._truth(values[-1]), place)
        self._build.branch(behind)
        self._build.position_at_end(behind)
        return self._build.load(place)

    def _choice(
        self, node: ast.expr, test: ast.expr, body: ast.expr, otherwise: ast.expr
    ) -> Any:
        condition = self._truth(test)
        then, other, behind = self._new("then"), self._new("else"), self._new("behind")
        self._build.cbranch(condition, then, other)
        found = []
        for start, value in ((then, body), (other, otherwise)):
            self._build.position_at_end(start)
            found.append((self._value(value), self._build.block))
        (one, _), (two, _) = found
        kind = one.type if one.type == two.type and one.type in (WHOLE, TRUTH) else REAL
        place = self._place(kind)
        for value, block in found:
            self._build.position_at_end(block)
            self._build.store(self._as(value, kind, node), place)
            self._build.branch(behind)
        self._build.position_at_end(behind)
        return self._build.load(place)

    # ---- calls -----------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Any:
        """Call a function: of ``math``, of Python itself, or one of ours."""
        if node.keywords or any(isinstance(one, ast.Starred) for one in node.args):
            self._fail(node, "arguments are not one after another")
        match node.func:
            case ast.Attribute(ast.Name("math"), name):
                found = self._math(node, name)
                self._count(node, ARGUMENTS.get(name, 1))
                numbers = [self._as(self._value(a), REAL, node) for a in node.args]
                return self._build.call(found, numbers)
            case ast.Name(name) if name in self._variables or name in self._tuples:
                return self._fail(node, "no such function")
            case ast.Name(name) if name in self._python.__globals__:
                return self._own(node, name)
            case ast.Name("abs"):
                self._count(node, 1)
                return self._size(node, self._value(node.args[0]))
            case ast.Name("max" | "min" as name):
                self._count(node, 2)
                a, b = self._pair(node.args[0], node.args[1])
                # the first, if one of them is no number: as in Python
                sign = ">" if name == "max" else "<"
                compare = (
                    self._build.icmp_signed
                    if a.type == WHOLE
                    else self._build.fcmp_ordered
                )
                return self._build.select(compare(sign, b, a), b, a)
            case ast.Name("malloc" | "free" | "reals" | "wholes" as name):
                self._count(node, 1)
                argument = self._as(self._value(node.args[0]), WHOLE, node)
                return self._memory(name, argument)
            case _:
                return self._fail(node, "no such function")

    def _count(self, node: ast.Call, number: int) -> None:
        if len(node.args) != number:
            self._fail(node, f"it takes {number} and is given {len(node.args)}")

    def _size(self, node: ast.expr, value: Any) -> Any:
        if value.type == WHOLE:
            below = self._build.icmp_signed("<", value, ir.Constant(WHOLE, 0))
            return self._build.select(below, self._build.neg(value), value)
        found = self._owner.module.declare_intrinsic("llvm.fabs", [REAL])
        return self._build.call(found, [self._as(value, REAL, node)])

    def _math(self, node: ast.Call, name: str) -> Any:
        if name in INTRINSICS:
            return self._owner.module.declare_intrinsic(INTRINSICS[name], [REAL])
        if name in LIBRARY:
            return self._owner.library(name, REAL, [REAL])
        return self._fail(node, "no such function")

    def _memory(self, name: str, argument: Any) -> Any:
        build = self._build
        if name == "malloc":
            return build.call(self._owner.library("malloc", WHOLE, [WHOLE]), [argument])
        if name == "free":
            found = self._owner.library("free", ir.VoidType(), [WHOLE])
            return build.call(found, [argument])
        return build.inttoptr(argument, REALS if name == "reals" else WHOLES)

    def _called(self, node: ast.Call, function: Callable[..., Any]) -> Any:
        """Return the translation of a function: typed, if it is given places."""
        names = [one.id for one in node.args if isinstance(one, ast.Name)]
        found = [self._variables.get(name) for name in names]
        pointers = (
            one
            for one in found
            if isinstance(getattr(one, "type", None), ir.PointerType)
            and not isinstance(one, ir.AllocaInstr)
        )
        return self._owner.function(function, typed=any(pointers))

    def _own(self, node: ast.Call, name: str) -> Any:
        called = self._python.__globals__[name]
        if not isinstance(called, types.FunctionType):
            self._fail(node, "no such function")
        function = self._called(node, called)
        kinds = function.function_type.args
        self._count(node, len(kinds))
        values = [self._value(argument) for argument in node.args]
        numbers = [
            self._as(value, kind, argument)
            for value, kind, argument in zip(values, kinds, node.args, strict=True)
        ]
        return self._build.call(function, numbers)
