"""A function's own source: read, changed and put back; what of it may be run; and how long."""

from __future__ import annotations

import ast
import inspect
import json  # noqa: F401
import shutil  # noqa: F401
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from os import getcwd, path  # noqa: F401
from typing import Any

import numpy as np
import pytest
import torch
from numpy import load  # noqa: F401
from numpy import save as keep  # noqa: F401

from manual import deep
from manual.activations import sigmoid  # noqa: F401
from verify.runs import run
from verify.source.code import bound, chains, changeable, has_source, readable, tree_of
from verify.source.guard import is_guarded, within
from verify.source.nodes import binary, calls, is_a, text
from verify.source.plain import is_endless, is_plain

# --- read ------------------------------------------------------------------------------------------------------------
LEVEL = 4


def below(x: int) -> int:
    return x - 1


def one(x: int, *, by: int = 10) -> int:
    return below(x) * by


def another(x: int) -> int:
    return sum(below(i) + one(i) for i in range(x))


def top(x: int, start: int = 100) -> int:
    """What it gives."""
    return start + another(x) + one(x) + LEVEL


def round_about(x: int) -> int:
    return round_about(x - 1) + below(x) if x else 0


def names(found: Iterator[Any]) -> list[str]:
    return [".".join(function.__name__ for function in chain) for chain in found]


def test_a_function_comes_with_its_helpers_and_theirs_each_chain_once() -> None:
    assert names(chains(top, lambda f: True)) == [
        "top", "top.another", "top.another.below", "top.another.one", "top.one", "top.one.below",
    ]  # fmt: skip
    assert names(chains(top, lambda f: True, deepest=2)) == ["top", "top.another", "top.one"]
    assert names(chains(top, lambda f: True, deepest=4))[3:5] == ["top.another.one", "top.another.one.below"]
    assert names(chains(top, lambda f: f is not another)) == ["top", "top.one", "top.one.below"]
    assert names(chains(round_about, lambda f: True)) == ["round_about", "round_about.below"]


def test_only_a_function_with_a_name_and_a_body_of_its_own_has_a_source() -> None:
    assert has_source(top)
    assert not has_source(lambda: None)
    assert not has_source(len)
    assert not has_source(np.exp)
    assert not has_source(contextmanager(top))


def marked(function: Any) -> Any:
    return function


@marked
def written(x: int, /, y: int = 2, *more: int, z: int = 3, **named: int) -> int:
    """What is no part of a formula."""
    return x + y


def of_a_docstring_alone(x: int) -> int:
    """Only this."""


def test_a_tree_is_the_function_without_what_is_no_part_of_the_formula_and_with_the_lines_of_its_file() -> None:
    tree = tree_of(written)
    assert text(tree) == "def written(x, /, y=2, *more, z=3, **named):\n    return x + y"
    lines, first = inspect.getsourcelines(written)
    assert tree.body[0].lineno == first + len(lines) - 1
    again = tree_of(readable((written,), tree))  # which starts at line 1
    assert (again.lineno, again.body[0].lineno) == (1, 2)
    assert text(tree_of(of_a_docstring_alone)) == 'def of_a_docstring_alone(x):\n    """Only this."""'

    def within_another(x: int) -> int:
        return x + 1

    assert text(tree_of(within_another)) == "def within_another(x):\n    return x + 1"


def test_a_function_without_a_source_or_that_is_none_is_refused() -> None:
    space: dict[str, Any] = {}
    exec("def nowhere():\n    pass", space)
    with pytest.raises(OSError, match="could not get source code"):
        tree_of(space["nowhere"])
    with pytest.raises(TypeError, match=r"^Kind is no plain function$"):
        tree_of(Kind)


class Kind:
    pass


def checked(x: Any, k: int = 1) -> Any:
    check_shapes(x)  # type: ignore[name-defined]  # noqa: F821
    deep.check_labels(x)  # type: ignore[attr-defined]
    checks(x)  # type: ignore[name-defined]  # noqa: F821
    if x.ndim != 2:
        raise ValueError(f"{x}")
    assert k
    if k:
        x = x + 1
        raise KeyError
    return x


def test_what_the_arguments_are_checked_with_is_not_changeable() -> None:
    statements = [text(node).splitlines()[0] for node in changeable(tree_of(checked)) if isinstance(node, ast.stmt)]
    assert statements == ["def checked(x, k=1):", "checks(x)", "if k:", "return x", "x = x + 1"]
    assert not any(isinstance(node, ast.arguments) for node in changeable(tree_of(checked)))
    found = [text(node) for node in changeable(tree_of(checked)) if isinstance(node, (ast.Constant, ast.Name))]
    assert sorted(found) == ["1", "checks", "k", "x", "x", "x", "x"]


# --- put back --------------------------------------------------------------------------------------------------------
def changed(function: Any, before: str, after: str) -> ast.FunctionDef:
    tree = ast.parse(text(tree_of(function)).replace(before, after)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


@pytest.mark.parametrize("put", [bound, readable])
def test_a_changed_helper_is_called_in_the_place_of_the_one_that_it_was(put: Callable[..., Any]) -> None:
    """Whoever calls it keeps his defaults; what is not on the way calls what it called."""
    tree = changed(below, "x - 1", "x - 3")
    assert put((below,), tree)(7) == 4
    assert put((one, below), tree)(7) == 40
    assert put((one, below), tree)(7, by=2) == 8
    assert put((top, one, below), tree)(3) == 100 + another(3) + 0 + 4
    assert put((top, one, below), tree)(3, start=0) == another(3) + 4
    assert put((top, one), changed(one, "* by", "+ by"))(3, start=0) == another(3) + 12 + 4
    assert top(3) == 100 + another(3) + 20 + 4


def test_a_changed_function_keeps_what_it_took_from_around_it_and_may_be_given_more() -> None:
    k = 5

    def around(x: int) -> int:
        return x + k

    assert bound((around,), changed(around, "x + k", "x * k"))(3) == 15
    assert bound((around,), changed(around, "x + k", "x * more"), {"more": 7, "LEVEL": 0})(3) == 21
    # What the module knows goes before what is given besides.
    assert bound((top,), changed(top, "start + ", ""), {"LEVEL": 0})(0) == one(0) + 4

    def calls_around(x: int) -> int:
        return top(x) + k

    assert bound((calls_around, top), changed(top, "start + ", ""))(0) == one(0) + 4 + 5


def test_a_changed_function_can_be_read_as_any_and_its_file_is_told_apart() -> None:
    first, second = (readable((below,), changed(below, "- 1", by)) for by in ("- 2", "- 3"))
    assert inspect.getsource(first) == "def below(x):\n    return x - 2"
    assert inspect.getsource(second) == "def below(x):\n    return x - 3"
    assert [f.__code__.co_filename.startswith("<changed ") for f in (first, second)] == [True, True]
    assert bound((below,), changed(below, "- 1", "- 2")).__code__.co_filename == "<changed>"
    again = readable((first,), changed(first, "- 2", "- 4"))
    assert (again(9), first(9), second(9)) == (5, 7, 6)
    twice = readable((one, below), changed(below, "- 1", "- 2"), {"more": 1})
    assert twice(3) == 10


# --- what may be run -------------------------------------------------------------------------------------------------
@dataclass
class Record:
    x: Any


class Answers:
    def __call__(self, x: Any) -> Any:
        return x


ANSWERS, ARRAY, RNG, TABLE = Answers(), np.ones(3), np.random.default_rng(0), {1: 2}
dump = Answers()

PLAIN = [
    "len(x)", "np.exp(x)", "np.linalg.norm(x)", "x.sum().max()", "sigmoid(x)", "below(x)", "Record(x)", "x[0](1)",
    "(lambda y: y)(x)", "x(1)", "np.exp(x).copy()", "unknown(x)", "f(1)(2)", "x[0].of(1)", "ANSWERS(x)", "ARRAY.sum()",
    "RNG.normal()",
    "max(map(abs, x))",
]  # fmt: skip
NOT_PLAIN = [
    "open(x)", "print(x)", "exec(x)", "eval(x)", "getattr(x, 'y')", "input()", "np.save('x', x)", "np.load(x)",
    "dump(x)", "load(x)", "keep(x)", "TABLE.get(x)", "x.tofile('x')", "x[0].tofile('x')",
    "f(x).dump('x')",
    "x.__setattr__('y', 1)", "np.__init_subclass__(x)",
    "shutil.rmtree(x)", "getcwd()", "path.join(x)", "json.dumps(x)", "torch.save(x)", "torch.exp(x)",
    "pytest.exit(x)", "np.lib.format.open_memmap(x)", "x.y.savez(x)", "time.time()", "np.exp(open(x))",
]  # fmt: skip


def of_body(body: str) -> ast.FunctionDef:
    tree = ast.parse(f"def f(x):\n    {body}").body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def plain(body: str) -> bool:
    """In a function of this module."""
    return is_plain(of_body, of_body(body))


# What computes of Python's own, whole: each of them is asked, for a formula may call any.
COMPUTES = (
    "abs all any bool dict divmod enumerate float int isinstance len list map max min range reversed round set sorted "
    "str sum tuple zip"
)
FILES = "dump fromfile genfromtxt load loadtxt memmap open_memmap save savetxt savez savez_compressed tofile"
MODULES = ("numpy", "scipy", "math", "itertools", "functools", "operator", "collections", "dataclasses")


def test_what_computes_of_python_and_of_what_computes_may_be_run_and_what_reads_or_writes_files_may_not() -> None:
    assert all(plain(f"return {name}(x)") for name in COMPUTES.split())
    assert not any(plain(f"return np.{name}(x)") or plain(f"return x.{name}(x)") for name in FILES.split())
    for name in MODULES:
        calls_it = bound((of_body,), changed(of_body, "ast.parse", "it.f"), {"it": import_module(name)})
        assert is_plain(calls_it, of_body("return it.f(x)"))


@pytest.mark.parametrize("called", PLAIN)
def test_what_only_computes_may_be_run(called: str) -> None:
    assert plain(f"return {called}")


@pytest.mark.parametrize("called", NOT_PLAIN)
def test_what_does_more_than_compute_may_not(called: str) -> None:
    assert not plain(f"return {called}")


@pytest.mark.parametrize(
    "body",
    [
        "import os", "from os import remove", "global x", "nonlocal x", "del x", "yield x", "yield from x",
        "\n    with x:\n        pass",
    ],
)  # fmt: skip
def test_a_statement_that_does_more_than_compute_may_not_be_run(body: str) -> None:
    assert not plain(body)


def test_a_coroutine_may_not_be_run() -> None:
    (tree,) = ast.parse("async def g():\n    await x").body
    assert isinstance(tree, ast.AsyncFunctionDef)
    assert not is_plain(of_body, ast.FunctionDef("g", tree.args, tree.body, []))


@pytest.mark.parametrize("body", ["raise ValueError(x)", "raise KeyError", "assert x", "x += 1", "return x"])
def test_a_statement_that_computes_or_refuses_may_be_run(body: str) -> None:
    assert plain(body)


def test_only_a_loop_that_waits_for_something_may_have_no_end() -> None:
    assert is_endless(of_body("while x:\n        pass"))
    assert is_endless(of_body("if x:\n        while x:\n            pass"))
    assert not is_endless(of_body("for i in x:\n        pass"))


def test_what_is_called_from_where_a_formula_was_written_is_its_authors() -> None:
    """Of the very package, though it be installed; or of a module that stands in no library."""
    for function, called in ((deep.forward, "g('relu')(x)"), (run, "ladder(x)"), (torch.nn.Module.to, "Tensor(x)")):
        assert is_plain(function, of_body(f"return {called}"))


# --- how long --------------------------------------------------------------------------------------------------------
def work() -> None:
    while True:
        pass


CLOCKS = {False: (signal.ITIMER_VIRTUAL, signal.SIGVTALRM), True: (signal.ITIMER_PROF, signal.SIGPROF)}


@pytest.mark.parametrize("system", CLOCKS)
def test_work_is_ended_when_its_time_is_up_and_all_is_as_it_was(system: bool) -> None:
    timer, alarm = CLOCKS[system]
    before = signal.getsignal(alarm)
    with pytest.raises(TimeoutError, match=r"^it had not ended after 0\.01 s of work$"), within(0.01, system):
        work()
    assert signal.getsignal(alarm) is before
    assert signal.getitimer(timer) == (0.0, 0.0)


def test_the_work_of_the_program_alone_is_counted_where_nothing_else_is_said() -> None:
    others = [signal.getsignal(alarm) for _, alarm in CLOCKS.values()]
    with within(5.0):
        inside = [signal.getsignal(alarm) is other for (_, alarm), other in zip(CLOCKS.values(), others, strict=True)]
    assert inside == [False, True]


@pytest.mark.parametrize(("again", "interval"), [(None, 5.0), (2.0, 2.0)])
def test_the_alarm_comes_again_and_again_and_means_nothing_afterwards(again: float | None, interval: float) -> None:
    with within(5.0, again=again):
        first, after = signal.getitimer(signal.ITIMER_VIRTUAL)
        assert 4.0 < first < 6.0
        assert after == interval
        stop: Any = signal.getsignal(signal.SIGVTALRM)
        with pytest.raises(TimeoutError):
            stop(signal.SIGVTALRM, None)
    stop(signal.SIGVTALRM, None)


def test_one_limit_within_another_has_its_own_clock() -> None:
    with within(5.0, system=True):
        with pytest.raises(TimeoutError, match=r"0\.01 s"), within(0.01):
            work()
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 4


def test_where_it_cannot_be_stopped_work_goes_on() -> None:
    seen: list[Any] = []

    def elsewhere() -> None:
        seen.append(is_guarded())
        with within(1e-3):
            until = time.thread_time() + 0.02
            while time.thread_time() < until:
                pass
        seen.append("ended")

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [False, "ended"]
    assert is_guarded()


# --- what a node is --------------------------------------------------------------------------------------------------
def test_a_node_is_asked_what_it_is() -> None:
    sum_, call, of = (ast.parse(x, mode="eval").body for x in ("a + b", "np.dot(a)", "f(a)(b)"))
    assert is_a(sum_, ast.Call, ast.BinOp)
    assert not is_a(sum_, ast.Call)
    assert not is_a(None, ast.AST)
    assert binary(sum_, ast.Sub, ast.Add)
    assert not binary(sum_, ast.Sub)
    assert not binary(call, ast.Add)
    assert calls(call, "np.sum", "np.dot")
    assert not calls(call, "np.sum")
    assert not calls(sum_, "a + b")
    assert not calls(of, "f")
    assert calls(of.func, "f")
    assert text(of) == "f(a)(b)"
