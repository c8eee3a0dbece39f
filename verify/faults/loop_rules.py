"""Mistakes in what a loop does: over layers, over examples, over steps of descent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from verify.faults.rewriting import Change
from verify.source.nodes import calls, is_a, text


def overwritten(node: Any) -> Iterator[Change]:
    """A gradient overwritten where it adds up."""
    if is_a(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value)


def added_twice(node: Any) -> Iterator[Change]:
    if is_a(node, ast.AugAssign):
        yield [node, node]


def subtracted(node: Any) -> Iterator[Change]:
    if is_a(node, ast.AugAssign) and is_a(node.op, ast.Add):
        yield ast.AugAssign(node.target, ast.Sub(), node.value)


def wrong_layer(node: Any) -> Iterator[Change]:
    """The cache, the W or the b of the layer beside it."""
    if is_a(node, ast.Subscript) and text(node.slice) in ("l - 1", "l - 2"):
        other = {"l - 1": "l - 2", "l - 2": "l - 1"}[text(node.slice)]
        yield ast.Subscript(node.value, ast.parse(other, mode="eval").body, node.ctx)
    if is_a(node, ast.Subscript) and is_a(node.slice, ast.JoinedStr) and is_a(node.ctx, ast.Load):
        said = text(node.slice)
        if "{l}" in said:
            yield ast.Subscript(node.value, ast.parse(said.replace("{l}", "{l - 1}"), mode="eval").body, node.ctx)
    if is_a(node, ast.Attribute) and text(node.value) == "cache" and node.attr in ("W", "Z", "A_prev"):
        for attr in sorted({"W", "Z", "A_prev"} - {node.attr}):
            yield ast.Attribute(node.value, attr, node.ctx)


def one_short(node: Any) -> Iterator[Change]:
    """The last one of a loop left out."""
    if calls(node, "range"):
        *start, end = node.args
        if not isinstance(end, (ast.Constant, ast.UnaryOp)):
            yield ast.Call(node.func, [*start, ast.BinOp(end, ast.Sub(), ast.Constant(1))], [])


def one_late(node: Any) -> Iterator[Change]:
    """The first one of a loop left out."""
    if calls(node, "range") and len(node.args) == 1:
        yield ast.Call(node.func, [ast.Constant(1), *node.args], [])


def _of_gradients(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and "backward" in text(statement.value)


def stale(node: Any) -> Iterator[Change]:
    """The gradients taken once, before the loop: those of every later step are stale."""
    if is_a(node, ast.For) and any(map(_of_gradients, node.body)):
        first = [s for s in node.body if _of_gradients(s)]
        rest = [s for s in node.body if not _of_gradients(s)]
        yield [*first, ast.For(node.target, node.iter, rest, [])]


def updated_early(node: Any) -> Iterator[Change]:
    """A parameter updated before all gradients are known: those after it are taken at the new value."""
    if is_a(node, ast.For) and any(map(_of_gradients, node.body)):
        gradients = next(s for s in node.body if _of_gradients(s))
        at = node.body.index(gradients)
        for i in range(at + 2, len(node.body)):
            yield ast.For(node.target, node.iter, [*node.body[:i], gradients, *node.body[i:]], [])
