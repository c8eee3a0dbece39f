"""A formula's own source with one thing changed: each place that a rule fits gives one faulty variant."""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any

# What a rule makes of a node: the nodes that may stand in its place (statements may become several).
Change = ast.AST | list[ast.stmt]
Rule = Callable[[ast.AST], Iterable[Change]]

DEEPEST = 3  # how many helpers down: training_curve calls train, which calls descend


def rewritten(formula: Callable[..., Any], rule: Rule, extra: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every variant that the rule makes of the formula, or of a helper that it calls: the changed line, the function.

    A helper is a function of the notes' modules that is no formula itself. `extra` holds what a rule writes that the
    module may not know (`g`).
    """
    seen: set[str] = set()
    if not _has_source(formula):
        return
    for chain in _chains(formula, DEEPEST):
        tree = _tree(chain[-1])
        for node in _changeable(tree):
            for change in rule(node):
                changed = _changed(tree, node, change)
                text = ast.unparse(changed)
                if text != ast.unparse(tree) and f"{chain[-1].__name__}\n{text}" not in seen:
                    seen.add(f"{chain[-1].__name__}\n{text}")
                    yield _line(tree, changed), _bound(chain, changed, extra)


def _chains(function: Any, deepest: int, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The formula alone; the formula and a helper; the two and a helper of that."""
    chain = (*above, function)
    yield chain
    if len(chain) < deepest:
        for name in dict.fromkeys(_names(function.__code__)):
            helper = function.__globals__.get(name)
            if _is_helper(helper) and helper not in chain:
                yield from _chains(helper, deepest, chain)


def _names(code: CodeType) -> list[str]:
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return [*code.co_names, *inner]


def _has_source(x: Any) -> bool:
    """A function with a name and a body of its own; of a lambda only the line that it stands in is known."""
    return isinstance(x, FunctionType) and x.__name__ != "<lambda>"


def _is_helper(x: Any) -> bool:
    return (
        _has_source(x)
        and x.__module__.startswith("manual.")
        and not hasattr(x, "formula")
        and not x.__name__.startswith("check_")
        and x.__name__ not in ("g", "g_prime")
    )


def _tree(function: Any) -> ast.FunctionDef:
    """The function's syntax tree without decorators, docstring and annotations."""
    found = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(found, ast.FunctionDef)
    found.decorator_list, found.returns = [], None
    for arg in found.args.args:
        arg.annotation = None
    if ast.get_docstring(found) is not None:
        found.body = found.body[1:]
    return found


def _changeable(tree: ast.FunctionDef) -> list[ast.AST]:
    """Its nodes, but for what is no part of the formula: checks of the arguments, sentences, default values."""
    left_out: set[int] = set()
    for node in ast.walk(tree):
        is_check = (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func).split(".")[-1].startswith("check_")
        )
        refuses = isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise)
        if is_check or refuses or isinstance(node, (ast.Raise, ast.Assert, ast.arguments)):
            left_out |= {id(below) for below in ast.walk(node)}
    return [node for node in ast.walk(tree) if id(node) not in left_out]


def _changed(tree: ast.FunctionDef, node: ast.AST, change: Change) -> ast.FunctionDef:
    memo: dict[int, Any] = {}
    copied = copy.deepcopy(tree, memo)
    target = memo[id(node)]

    class At(ast.NodeTransformer):
        def visit(self, visited: ast.AST) -> Any:
            return copy.deepcopy(change) if visited is target else self.generic_visit(visited)

    return ast.fix_missing_locations(At().visit(copied))  # type: ignore[no-any-return]


def _line(before: ast.FunctionDef, after: ast.FunctionDef) -> str:
    """The line that differs, as it reads now."""
    old, new = ast.unparse(before).splitlines(), ast.unparse(after).splitlines()
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return new[first].strip().removeprefix("return ")


def _bound(chain: tuple[Any, ...], changed: ast.FunctionDef, extra: Mapping[str, Any]) -> Any:
    """The formula, calling the changed function in the place of the last of the chain."""
    space = {**extra, **chain[-1].__globals__}
    exec(compile(ast.Module([changed], []), "<fault>", "exec"), space)
    made = space[chain[-1].__name__]
    for caller, called in zip(chain[-2::-1], chain[:0:-1], strict=True):
        space = {**caller.__globals__, called.__name__: made}
        above = FunctionType(caller.__code__, space, caller.__name__, caller.__defaults__, caller.__closure__)
        above.__kwdefaults__ = caller.__kwdefaults__
        made = above
    return made
