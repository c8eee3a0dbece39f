"""Changes that a node of a syntax tree offers by itself: another operator, a part left out, an index beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from verify.source.nodes import binary, calls, is_a, text

OPERATORS: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)
MIRRORED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.Gt, ast.LtE, ast.GtE),
    ast.Gt: (ast.Lt, ast.GtE, ast.LtE),
    ast.LtE: (ast.GtE, ast.Lt, ast.Gt),
    ast.GtE: (ast.LtE, ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
PARTNERS = {
    "np.maximum": "np.minimum", "np.minimum": "np.maximum", "np.sum": "np.mean", "np.mean": "np.sum", "g": "g_prime",
    "g_prime": "g",
}  # fmt: skip
AXES: dict[Any, tuple[int | None, ...]] = {None: (0, 1), 0: (1, None), 1: (0, None)}
# Digits of a number that was meant: 1.001 for 1.
DIGITS = (1, 2, 3)


def small(node: Any) -> Iterator[ast.AST]:
    """What may stand in the place of the node, by what the node is."""
    if isinstance(node, ast.BinOp):
        yield from _of_binary(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in MIRRORED.get(type(node.ops[0]), ()):
            yield ast.Compare(node.left, [op()], node.comparators)
    elif isinstance(node, ast.AugAssign):
        for kind in (ast.Add, ast.Sub, ast.Mult):
            if not is_a(node.op, kind):
                yield ast.AugAssign(node.target, kind(), node.value)
    elif isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: Any = node.targets[0]
        yield from (ast.AugAssign(target, kind(), node.value) for kind in (ast.Add, ast.Sub))
    elif isinstance(node, ast.Subscript):
        yield from _of_index(node)
    elif isinstance(node, ast.keyword):
        yield from _of_keyword(node)
    elif isinstance(node, ast.Call):
        yield from _of_call(node)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        yield from (ast.Constant(x) for x in meant(node.value))


def of_expression(node: Any) -> Iterator[ast.AST]:
    """What may stand in the place of any expression that is a number or an array."""
    yield ast.UnaryOp(ast.USub(), node)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    elif not isinstance(node, ast.Constant):
        yield ast.Attribute(node, "T", ast.Load())
    if not isinstance(node, ast.Constant):
        yield ast.BinOp(node, ast.Pow(), ast.Constant(2))


def meant(number: float) -> Iterator[float]:
    """Numbers that this one may have been meant for.

    >>> list(meant(1.001))
    [1, 0.01, 2, 0.5]
    """
    tried = [float(f"{number:.{n}g}") for n in DIGITS]
    whole = [int(x) if x.is_integer() else x for x in tried]
    yield from (x for x in dict.fromkeys([*whole, 0.01, 1, 2, 0.5]) if x != number)


def _of_binary(node: ast.BinOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Pow):
        yield node.left
        return
    for kind in OPERATORS:
        if not is_a(node.op, kind):
            yield ast.BinOp(node.left, kind(), node.right)
    yield node.left
    yield node.right
    if binary(node, ast.Sub, ast.Div, ast.MatMult):
        yield ast.BinOp(node.right, node.op, node.left)


def _beside(index: ast.expr) -> Iterator[ast.expr]:
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        yield from (ast.Constant(index.value + by) for by in (1, -1))
        return
    for op in (ast.Add(), ast.Sub()):
        yield ast.BinOp(index, op, ast.Constant(1))


def _of_index(node: ast.Subscript) -> Iterator[ast.AST]:
    """A[l − 1] and A[l + 1] for A[l], x[i:i + 1] for x[i:1], x.shape[1] for x.shape[0], W{l − 1} for W{l}."""
    index = node.slice
    if isinstance(index, ast.Tuple):
        for i, part in enumerate(index.elts):
            for other in _of_slice(part):
                elts = [*index.elts[:i], other, *index.elts[i + 1 :]]
                yield ast.Subscript(node.value, ast.Tuple(elts, ast.Load()), node.ctx)
    elif isinstance(index, ast.JoinedStr):
        for i, part in enumerate(index.values):
            if isinstance(part, ast.FormattedValue):
                for other in _beside(part.value):
                    values = [*index.values[:i], ast.FormattedValue(other, -1), *index.values[i + 1 :]]
                    yield ast.Subscript(node.value, ast.JoinedStr(values), node.ctx)
    elif isinstance(index, ast.Constant) and isinstance(index.value, int) and text(node.value).endswith(".shape"):
        yield ast.Subscript(node.value, ast.Constant(1 - index.value), node.ctx)
    elif isinstance(index, (ast.Name, ast.BinOp)):
        for other in _beside(index):
            yield ast.Subscript(node.value, other, node.ctx)
    for other in _of_slice(index):
        yield ast.Subscript(node.value, other, node.ctx)


def _of_slice(index: Any) -> Iterator[ast.expr]:
    if isinstance(index, ast.Slice):
        if index.lower is not None:
            yield ast.Slice(index.lower, ast.BinOp(index.lower, ast.Add(), ast.Constant(1)))
            yield ast.Slice(upper=index.upper)
        if index.upper is not None:
            yield ast.Slice(lower=index.lower)
            yield from (ast.Slice(index.lower, upper) for upper in _beside(index.upper))


def _of_keyword(node: ast.keyword) -> Iterator[ast.AST]:
    if node.arg == "axis" and isinstance(node.value, ast.Constant):
        for axis in AXES.get(node.value.value, ()):
            yield ast.keyword("axis", ast.Constant(axis))
    if node.arg == "keepdims" and isinstance(node.value, ast.Constant):
        yield ast.keyword("keepdims", ast.Constant(not node.value.value))


def _of_call(node: ast.Call) -> Iterator[ast.AST]:
    of = node.func.func if isinstance(node.func, ast.Call) else node.func
    if text(of) in PARTNERS:
        other = ast.parse(PARTNERS[text(of)], mode="eval").body
        func = ast.Call(other, node.func.args, node.func.keywords) if isinstance(node.func, ast.Call) else other
        yield ast.Call(func, node.args, node.keywords)
    if calls(node, "range"):
        *start, end = node.args[:2]
        yield from (ast.Call(node.func, [*start, other], []) for other in _beside(end))
        if start:
            yield ast.Call(node.func, [end], [])
            yield from (ast.Call(node.func, [other, end], []) for other in _beside(start[0]) if text(other) != "0")
        return
    if calls(node, "np.where") and len(node.args) == 3:
        yield ast.Call(node.func, [node.args[0], node.args[2], node.args[1]], [])
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield node.args[0]
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("sum", "mean") and text(of) not in PARTNERS:
        yield node.func.value
