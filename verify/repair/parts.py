"""Changes that bring in what the source has elsewhere: another tensor for one, a factor or a term more, a function."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verify.source.nodes import is_a, text

# What people multiply with, besides what stands in the formula: of x among the formula's names.
WITH_NAMES = ("1 - {x}", "{x} ** 2", "1 - {x} ** 2", "np.log({x})", "np.exp({x})", "np.exp(-{x})", "{x}.T")
NUMBERS = ("1", "2", "m")
FUNCTIONS = ("np.log", "np.exp", "np.abs", "np.tanh", "sigmoid")
SUMS = ("np.sum({x}, axis=1, keepdims=True)", "np.sum({x}, axis=0, keepdims=True)", "np.sum({x})")
Expressions = tuple[ast.expr, ...]


@dataclass(frozen=True)
class Parts:
    """`own`: the expressions of a source; `made`: simple ones of its names; `functions`: what it calls with one thing.

    `words`: the texts that it looks things up by.
    """

    own: Expressions
    made: Expressions
    functions: Expressions
    words: tuple[str, ...]


def parts_of(tree: ast.FunctionDef, nodes: Sequence[ast.AST]) -> Parts:
    """What the nodes of one function have to offer, as copies: none may come to stand within itself."""
    own, functions = dict[str, ast.expr](), dict[str, ast.expr]()
    stored = [arg.arg for arg in ast.walk(tree.args) if isinstance(arg, ast.arg)]
    words: list[str] = []
    for node in nodes:
        if isinstance(node, (ast.Name, ast.Subscript, ast.Attribute, ast.Call, ast.BinOp)):
            if not is_a(getattr(node, "ctx", ast.Load()), ast.Load):
                stored.append(text(node))
            elif not _is_module(node):
                own.setdefault(text(node), copy.deepcopy(node))
        if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            functions.setdefault(text(node.func), copy.deepcopy(node.func))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.append(node.value)
    for name in stored:
        own.setdefault(name, _parsed(name))
    called = {text(node.func) for node in nodes if isinstance(node, ast.Call)}
    names = [k for k, x in own.items() if isinstance(x, (ast.Name, ast.Subscript)) and k not in called]
    made = [form.format(x=x) for x in names for form in WITH_NAMES]
    return Parts(
        tuple(x for k, x in own.items() if k not in called),
        tuple(_parsed(x) for x in dict.fromkeys([*NUMBERS, *made]) if x not in own),
        tuple({**functions, **{k: _parsed(k) for k in FUNCTIONS}}.values()),
        tuple(dict.fromkeys(words)),
    )


def _is_module(node: ast.AST) -> bool:
    return is_a(node, ast.Name, ast.Attribute) and text(node).partition(".")[0] in ("np", "numpy")


def _parsed(written: str) -> ast.expr:
    return ast.parse(written, mode="eval").body


def exchanged(node: Any, parts: Parts, made: bool) -> Iterator[ast.AST]:
    """Another tensor of the source, or another text to look something up by; or what is `made` of it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and not made:
        yield from (ast.Constant(word) for word in parts.words if word != node.value)
    elif is_number(node) and not made:
        yield from (part for part in parts.own if text(part) != text(node))
        yield from (ast.Call(function, [node], []) for function in parts.functions)
    elif is_number(node):
        yield from parts.made
        yield from (_parsed(form.format(x=text(node))) for form in SUMS)


def extended(node: Any, parts: Parts, made: bool) -> Iterator[ast.AST]:
    """A factor or a term more."""
    for part in parts.made if made else parts.own:
        for op in (ast.Mult(), ast.Add(), ast.Sub(), ast.Div(), ast.MatMult()):
            yield ast.BinOp(node, op, part)
        for op in (ast.Sub(), ast.MatMult(), ast.Div()):
            yield ast.BinOp(part, op, node)


def is_number(node: Any) -> bool:
    """An expression that may be a number or an array, rather than a function, a module or a test."""
    if not isinstance(node, (ast.Name, ast.Subscript, ast.Attribute, ast.Call, ast.BinOp, ast.UnaryOp, ast.Constant)):
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    return is_a(getattr(node, "ctx", ast.Load()), ast.Load) and not _is_module(node)
