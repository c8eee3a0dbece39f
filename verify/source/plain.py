"""Whether a function only computes: then changed copies of it may be run, whatever the change."""

from __future__ import annotations

import ast
import builtins
import sys
from types import ModuleType
from typing import Any

COMPUTES = frozenset(
    {
        "abs", "all", "any", "bool", "dict", "divmod", "enumerate", "float", "int", "isinstance", "len", "list", "map",
        "max", "min", "range", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "zip",
    }
)  # fmt: skip
MODULES = ("numpy", "scipy", "math", "itertools", "functools", "operator", "collections", "dataclasses")
# NumPy's own that read or write files.
FILES = frozenset(
    {"dump", "fromfile", "genfromtxt", "load", "loadtxt", "memmap", "open_memmap", "save", "savetxt", "savez",
     "savez_compressed", "tofile"}
)  # fmt: skip
# What does more than compute.
MORE = (
    ast.With, ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.Await, ast.Yield, ast.YieldFrom, ast.Delete,
)  # fmt: skip


def is_plain(function: Any, tree: ast.FunctionDef) -> bool:
    """No import, and no call but of NumPy, of what computes, and of functions of its own."""
    if any(isinstance(node, MORE) for node in ast.walk(tree)):
        return False
    return all(_computes(function, node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def is_endless(tree: ast.FunctionDef) -> bool:
    """Whether it has a loop that a change may keep from ending."""
    return any(isinstance(node, ast.While) for node in ast.walk(tree))


def _computes(function: Any, called: ast.expr) -> bool:
    root: ast.expr = called
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return not isinstance(called, ast.Attribute) or called.attr not in FILES
    if isinstance(called, ast.Attribute) and (called.attr in FILES or called.attr.startswith("__")):
        return False
    if root.id not in function.__globals__:
        of_python = getattr(builtins, root.id, None)
        refuses = isinstance(of_python, type) and issubclass(of_python, Exception)
        return of_python is None or refuses or root.id in COMPUTES
    found = function.__globals__[root.id]
    if getattr(found, "__name__", root.id) in FILES:  # from numpy import save
        return False
    of = (
        found.__name__
        if isinstance(found, ModuleType)
        else getattr(found, "__module__", None) or type(found).__module__
    )
    return _is_own(str(of).partition(".")[0], function)


def _is_own(package: str, function: Any) -> bool:
    """Of NumPy and the like, or of who wrote the function: neither Python's library, nor installed from elsewhere."""
    if package in MODULES or package == str(function.__module__).partition(".")[0]:
        return True
    module = str(sys.modules.get(package))  # with its file
    return package not in sys.stdlib_module_names and "-packages" not in module
