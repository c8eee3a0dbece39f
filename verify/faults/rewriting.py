"""A formula's own source with one thing changed: each place that a rule fits gives one faulty variant."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from verify.source.code import chains, changeable, has_source, readable, tree_of

# What a rule makes of a node: the nodes that may stand in its place (statements may become several).
Change = ast.AST | list[ast.stmt]
Rule = Callable[[ast.AST], Iterable[Change]]


def rewritten(formula: Callable[..., Any], rule: Rule, extra: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every variant that the rule makes of the formula, or of a helper that it calls: the changed line, the function.

    A helper is a function of the notes' modules that is no formula itself. `extra` holds what a rule writes that the
    module may not know (`g`).
    """
    seen: set[str] = set()
    if not has_source(formula):
        return
    for chain in chains(formula, _is_helper):
        tree = tree_of(chain[-1])
        before = ast.unparse(tree)
        for node in changeable(tree):
            for change in rule(node):
                changed = _changed(tree, node, change)
                text = ast.unparse(changed)
                if text != before and text not in seen:
                    seen.add(text)
                    yield _line(before, text), readable(chain, changed, extra)


def _is_helper(x: Any) -> bool:
    return x.__module__.startswith("manual.") and not hasattr(x, "formula") and not x.__name__.startswith("check_")


def _changed(tree: ast.FunctionDef, node: ast.AST, change: Change) -> ast.FunctionDef:
    memo: dict[int, Any] = {}
    copied = copy.deepcopy(tree, memo)
    target = memo[id(node)]

    class At(ast.NodeTransformer):
        def visit(self, visited: ast.AST) -> Any:
            return change if visited is target else self.generic_visit(visited)

    return ast.fix_missing_locations(At().visit(copied))  # type: ignore[no-any-return]


def _line(before: str, after: str) -> str:
    """The line that differs, as it reads now."""
    old, new = before.splitlines(), after.splitlines()
    first = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)) - 1)
    return new[first].strip().removeprefix("return ")
