"""What a rule asks of a node of a syntax tree."""

from __future__ import annotations

import ast
from typing import Any


def is_a(node: Any, *kinds: type[ast.AST]) -> bool:
    return isinstance(node, kinds)


def text(node: Any) -> str:
    return ast.unparse(node)


def binary(node: Any, *kinds: type[ast.operator]) -> bool:
    return is_a(node, ast.BinOp) and is_a(node.op, *kinds)


def calls(node: Any, *names: str) -> bool:
    return is_a(node, ast.Call) and text(node.func) in names
