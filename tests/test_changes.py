"""The places of a source and what may stand there: each list whole, and the tree as it was when all was tried."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from verify.repair.changes import (
    CHOICE,
    LONGEST,
    Slot,
    Told,
    Words,
    more,
    orders,
    others,
    put,
    simple,
    slots,
    switch,
    turned,
)
from verify.repair.order import reordered
from verify.repair.parts import Parts, exchanged, extended, is_number, parts_of
from verify.source.code import changeable
from verify.source.nodes import text

STEP = """
def step(W, X, rate=0.5):
    check_shapes(W)
    if W.ndim < 2:
        raise ValueError("W")
    m = X.shape[1]
    for i in range(m):
        W["A"] = rate * np.dot(W["B"], X[:, i])
        n += 1
        n += 1
    return W
"""
PARTS = """
def f(a, /, d, *e, b=1, **c):
    z = np.tanh(a)
    z += c["u"]
    if b:
        z = h(z) - scipy.special.expit(z, b)
    c["w"] = g(b)(a=z)
    for i in e:
        z = numpy.exp(z[i])
    return np.pi * "v"
"""


def tree(written: str) -> ast.FunctionDef:
    found = ast.parse(written).body[0]
    assert isinstance(found, ast.FunctionDef)
    return found


def expression(written: str) -> Any:
    return ast.parse(written, mode="eval").body


def in_python(made: ast.expr) -> str:
    """As it is written; it has to compile too."""
    compile(ast.fix_missing_locations(ast.Expression(made)), "made", "eval")
    return text(made)


# --- places -----------------------------------------------------------------------------------------------------------
def test_every_place_that_is_part_of_the_formula_is_found_with_what_stands_there(snapshot: Any) -> None:
    """What the arguments are checked with is none."""
    assert [
        f"{type(slot.above).__name__}.{slot.field}{'' if slot.place is None else f'[{slot.place}]'}:"
        f" {text(slot.at).splitlines()[:1]} in line {slot.statement.lineno}"
        f"{', a number' * slot.is_number}{', an index' * slot.index}"
        for slot in slots(tree(STEP))
    ] == snapshot


@pytest.mark.parametrize("changes", [simple, turned, orders], ids=lambda x: str(x.__name__))
def test_all_that_may_be_changed_by_itself_is_put_in_words_and_taken_back(
    changes: Callable[[ast.FunctionDef], Iterator[Words]], snapshot: Any
) -> None:
    whole = tree(STEP)
    before = ast.dump(whole)
    found = []
    for words in changes(whole):
        told = words()
        now = ast.unparse(ast.fix_missing_locations(whole))
        compile(ast.Module([whole], []), "changed", "exec")
        if changes is not orders:  # what should be read is read
            assert f"`{told.words.split('should read `')[1]}" in [f"`{line.strip()}`" for line in now.splitlines()]
        found.append(f"line {told.line}: {told.words}")
    assert found == snapshot
    assert ast.dump(whole) == before


def test_of_a_line_that_is_long_only_the_part_that_changes_is_told() -> None:
    def said(name: str) -> Told:
        whole = tree(f"def f(x):\n    return x + {name}")
        (slot,) = (slot for slot in slots(whole) if slot.field == "right")
        return put(slot, expression(name[:-1] or "y"))()

    short = "y" * (LONGEST - len("return x + "))
    assert said(short) == Told(2, f"`return x + {short}` should read `return x + {short[:-1]}`")
    assert said(short + "y") == Told(2, f"`{short}y` should read `{short}`")


def test_a_statement_as_a_whole_is_told_by_its_first_line() -> None:
    whole = tree("def f(x):\n    for i in x:\n        x = i\n    return x")
    (slot,) = (slot for slot in slots(whole) if isinstance(slot.at, ast.For))
    words = put(slot, ast.parse("for k in x:\n    y = k").body[0])
    assert words() == Told(2, "`for i in x:` should read `for k in x:`")
    assert ast.unparse(whole) == "def f(x):\n    for k in x:\n        y = k\n    return x"


def test_a_slot_is_a_number_where_a_number_or_an_array_stands_and_is_no_function_that_is_called() -> None:
    whole = tree("def f(x):\n    return g(x) + h(-x)")
    assert [text(slot.at) for slot in slots(whole) if slot.is_number] == [
        "g(x) + h(-x)", "g(x)", "x", "h(-x)", "-x", "x",
    ]  # fmt: skip


# --- the order of statements ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "offered"),
    [
        ("a = 1\nb = 2", [("b = 2\na = 1", 2, "`b = 2` should come before `a = 1`")]),
        ("f(a)\na += 1\nreturn_(a)", []),
        (
            "if a:\n    b = 1\nf(a)\nc = 2\nd()",
            [
                ("if a:\n    b = 1\nc = 2\nf(a)\nd()", 4, "`c = 2` should come before `f(a)`"),
                ("c = 2\nif a:\n    b = 1\nf(a)\nd()", 4, "`c = 2` should come before `if a:`"),
            ],
        ),
        ("d()\nf(a)\nf(a)\ne()", [("d()\nf(a)\ne()", 3, "the second `f(a)` should go")]),
        ("f(a)\ng(a)\nf(a)", []),
        (
            "f(a)\nfor i in x:\n    c()",
            [("for i in x:\n    f(a)\n    c()", 1, "`f(a)` should be inside the loop below it")],
        ),
        (
            "d()\nf(a)\nfor i in x:\n    c()\nelse:\n    e()\nh()\nk()",
            [
                (
                    "d()\nfor i in x:\n    f(a)\n    c()\nelse:\n    e()\nh()\nk()", 2,
                    "`f(a)` should be inside the loop below it",
                )
            ],
        ),
    ],
)  # fmt: skip
def test_a_statement_may_come_too_late_or_twice_or_belong_into_the_loop_below_it(
    written: str, offered: list[tuple[str, int, str]]
) -> None:
    body = ast.parse(written).body
    assert [
        (ast.unparse(ast.fix_missing_locations(ast.Module(other, []))), one.lineno, words)
        for other, one, words in reordered(body)
    ] == offered
    assert ast.unparse(ast.Module(body, [])) == written


# --- what a source has elsewhere --------------------------------------------------------------------------------------
def test_the_parts_of_a_source_are_its_expressions_its_names_its_functions_and_its_texts(snapshot: Any) -> None:
    whole = tree(PARTS)
    parts = parts_of(whole, changeable(whole))
    assert parts.words == ("u", "w", "v")
    kinds = {"own": parts.own, "made": parts.made, "functions": parts.functions}
    assert {kind: [in_python(x) for x in found] for kind, found in kinds.items()} == snapshot


def test_what_a_source_has_already_is_not_made_of_its_names_again_and_the_parts_are_copies() -> None:
    whole = tree("def f(m, a):\n    return 1 - a + m")
    parts = parts_of(whole, changeable(whole))
    assert [text(x) for x in parts.own] == ["1 - a + m", "1 - a", "m", "a"]
    assert [text(x) for x in parts.made] == [
        "1", "2", "1 - m", "m ** 2", "1 - m ** 2", "np.log(m)", "np.exp(m)", "np.exp(-m)", "m.T", "a ** 2",
        "1 - a ** 2", "np.log(a)", "np.exp(a)", "np.exp(-a)", "a.T",
    ]  # fmt: skip


def test_the_parts_of_a_source_are_copies_so_that_none_comes_to_stand_within_itself() -> None:
    whole = tree(PARTS.replace("h(z)", "h.of.it(z)"))
    parts = parts_of(whole, changeable(whole))
    of_source = {id(node) for node in ast.walk(whole) if isinstance(node, ast.expr)}
    assert not of_source & {id(node) for part in (*parts.own, *parts.functions) for node in ast.walk(part)}


TINY = Parts((expression("a"), expression("b")), (expression("1 - a"),), (expression("h"),), ("u", "v"))
SUMS = ["np.sum({x}, axis=1, keepdims=True)", "np.sum({x}, axis=0, keepdims=True)", "np.sum({x})"]


@pytest.mark.parametrize(
    ("written", "own"),
    {
        "a": ["b", "h(a)"], "c": ["a", "b", "h(c)"], "c[0]": ["a", "b", "h(c[0])"], "c.T": ["a", "b", "h(c.T)"],
        "f(x)": ["a", "b", "h(f(x))"], "x + y": ["a", "b", "h(x + y)"], "-x": ["a", "b", "h(-x)"],
        "2": ["a", "b", "h(2)"], "0.5": ["a", "b", "h(0.5)"],
    }.items(),
)  # fmt: skip
def test_a_number_may_be_another_of_the_source_or_a_function_of_it_or_what_is_made(
    written: str, own: list[str]
) -> None:
    node = expression(written)
    assert is_number(node)
    assert [in_python(x) for x in exchanged(node, TINY, made=False)] == own
    assert [text(x) for x in exchanged(node, TINY, made=True)] == ["1 - a", *(form.format(x=written) for form in SUMS)]


@pytest.mark.parametrize("written", ["np", "np.dot", "numpy.exp", "True", "None", "x < y", "[a]", "{a: b}", "'w'"])
def test_a_function_a_module_or_a_test_is_no_number(written: str) -> None:
    node = expression(written)
    assert not is_number(node)
    assert [text(x) for x in exchanged(node, TINY, made=False)] == (["'u'", "'v'"] if written == "'w'" else [])
    assert list(exchanged(node, TINY, made=True)) == []


def test_a_text_may_be_another_text_that_something_is_looked_up_by() -> None:
    assert [text(x) for x in exchanged(expression("'u'"), TINY, made=False)] == ["'v'"]


def test_what_is_written_to_is_no_number() -> None:
    (target,) = (slot.at for slot in slots(tree("def f(a):\n    a = 1")) if slot.field == "targets")
    assert not is_number(target)


def test_a_factor_or_a_term_more_stands_on_either_side() -> None:
    x = expression("x")
    assert [in_python(made) for made in extended(x, TINY, made=False)] == [
        f"{form}".replace("p", part)
        for part in ("a", "b")
        for form in ("x * p", "x + p", "x - p", "x / p", "x @ p", "p - x", "p @ x", "p / x")
    ]
    assert [in_python(made) for made in extended(x, TINY, made=True)] == [
        "x * (1 - a)", "x + (1 - a)", "x - (1 - a)", "x / (1 - a)", "x @ (1 - a)", "1 - a - x", "(1 - a) @ x",
        "(1 - a) / x",
    ]  # fmt: skip


def test_what_is_offered_where_others_or_more_may_stand(snapshot: Any) -> None:
    """An index is no place for what is made, nor for a factor; a function that is called, and a test, for nothing."""
    whole = tree(
        "def f(a, b):\n    x = {'u': a}['u'] + -b\n    if a < b:\n        pass\n    x += [a for i in b]\n"
        "    x = sum(a for i in x[b])\n    return np.sum(a), x[b], [a, b]"
    )
    found = []
    for slot in slots(whole):
        counts = [len(offers(slot, TINY, made)) for offers in (others, more) for made in (False, True)]
        if any(counts):
            found.append(f"line {slot.statement.lineno}, {slot.field} {text(slot.at)}: {counts}")
    assert found == snapshot


@pytest.mark.parametrize("count", range(1, 8))
def test_a_switch_is_each_of_its_expressions_by_its_number(count: int) -> None:
    made = ast.fix_missing_locations(ast.Expression(switch([ast.Constant(10 + i) for i in range(count)])))
    code = compile(made, "switch", "eval")
    assert [eval(code, {CHOICE: [i]}) for i in range(count)] == [10 + i for i in range(count)]


def test_a_place_in_a_list_and_a_field_are_put_alike() -> None:
    call: Any = expression("f(x, y)")
    statement = ast.Expr(call)
    Slot(call, "args", 1, call.args[1], statement).put(expression("z"))
    Slot(call, "func", None, call.func, statement).put(expression("g"))
    assert text(call) == "g(x, z)"
