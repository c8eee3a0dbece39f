"""The change of a source that makes a formula right: found where one is enough, with its line, and never made up."""

from __future__ import annotations

import ast
import functools
import shutil
from collections.abc import Callable
from os import remove
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from manual.activations import sigmoid
from verify.arithmetic.balls import Balls, precision
from verify.check import check
from verify.checks.claims import Claim, claims
from verify.records.verdict import FAIL
from verify.repair.results import Subject, repairs
from verify.repair.search import Repair
from verify.repair.small import meant
from verify.setting import Setting
from verify.source.code import tree_of
from verify.source.plain import is_plain

RNG = np.random.default_rng(6)
INPUTS = {"W": RNG.normal(size=(3, 4)), "X": RNG.normal(size=(4, 5)), "b": RNG.normal(size=(3, 1))}


# --- a right formula, and the mistakes in it -------------------------------------------------------------------------
def right(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    dW = dZ @ X.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return {"dW": dW, "db": db}


def m_doubled(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    dW = dZ @ X.T / m / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return {"dW": dW, "db": db}


def m_missing(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    dW = dZ @ X.T / m
    db = np.sum(dZ, axis=1, keepdims=True)
    return {"dW": dW, "db": db}


def no_square(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def no_slope(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def no_tanh(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = W @ X + b
    dZ = np.tanh(A) * (1 - A**2)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def wrong_sign(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X - b)
    dZ = A * (1 - A**2)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def wrong_axis(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=0, keepdims=True) / m}


def wrong_size(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[0]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def no_transpose(W: Any, X: Any, b: Any) -> Any:
    """It does not run at all."""
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    return {"dW": dZ @ X / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def another_tensor(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A**2)
    dW = A @ X.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return {"dW": dW, "db": db}


def off_by_little(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1.000000000001 - A**2)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def first_left_out(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    dW, db = 0, 0
    for i in range(1, m):
        a = np.tanh(W @ X[:, i : i + 1] + b)
        dz = a * (1 - a**2)
        dW = dW + dz @ X[:, i : i + 1].T / m
        db = db + dz / m
    return {"dW": dW, "db": db}


def overwritten(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    dW, db = 0, 0
    for i in range(m):
        a = np.tanh(W @ X[:, i : i + 1] + b)
        dz = a * (1 - a**2)
        dW = dz @ X[:, i : i + 1].T / m
        db = db + dz / m
    return {"dW": dW, "db": db}


def slope(Z: Any) -> Any:
    return 1 + np.tanh(Z) ** 2


def helped(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    Z = W @ X + b
    dZ = np.tanh(Z) * slope(Z)
    return {"dW": dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def twice_wrong(W: Any, X: Any, b: Any) -> Any:
    m = X.shape[1]
    A = np.tanh(W @ X + b)
    dZ = A * (1 - A)
    return {"dW": -7 * dZ @ X.T / m, "db": np.sum(dZ, axis=1, keepdims=True) / m}


def found(function: Callable[..., Any]) -> list[Repair]:
    with precision():
        want = right(**{k: Balls.of(x) for k, x in INPUTS.items()})
    return repairs(Subject(function, lambda f, **inputs: f(**inputs), INPUTS), want)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (m_doubled, "`dW = dZ @ X.T / m / m` should read `dW = dZ @ X.T / m`"),
        (m_missing, "should read `db = np.mean(dZ, axis=1, keepdims=True)`"),
        (no_square, "`dZ = A * (1 - A)` should read `dZ = A * (1 - A ** 2)`"),
        (no_slope, "`dZ = A` should read `dZ = A * (1 - A ** 2)`"),
        (no_tanh, "`dZ = np.tanh(A) * (1 - A ** 2)` should read `dZ = np.tanh(A) * (1 - np.tanh(A) ** 2)`"),
        (wrong_sign, "`A = np.tanh(W @ X - b)` should read `A = np.tanh(W @ X + b)`"),
        (wrong_axis, "np.sum(dZ, axis=1, keepdims=True)"),
        (wrong_size, "`m = X.shape[0]` should read `m = X.shape[1]`"),
        (no_transpose, "X.T"),
        (another_tensor, "`dW = A @ X.T / m` should read `dW = dZ @ X.T / m`"),
        (off_by_little, "`dZ = A * (1.000000000001 - A ** 2)` should read `dZ = A * (1 - A ** 2)`"),
        (first_left_out, "`for i in range(1, m):` should read `for i in range(m):`"),
        (overwritten, "`dW = dz @ X[:, i:i + 1].T / m` should read `dW += dz @ X[:, i:i + 1].T / m`"),
        (helped, "`return 1 + np.tanh(Z) ** 2` should read `return 1 - np.tanh(Z) ** 2`"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_change_that_makes_a_formula_right_is_found(function: Callable[..., Any], words: str) -> None:
    one, *more = sorted(found(function), key=lambda repair: len(repair.words))
    assert words in one.words
    assert len(more) < 2
    assert found(one.function) == []  # for it is right


def test_the_line_is_that_of_the_file() -> None:
    (one,) = found(no_square)
    line = int(one.where.removeprefix("no_square, line "))
    assert Path(__file__).read_text("utf-8").splitlines()[line - 1].strip() == "dZ = A * (1 - A)"


def test_a_helper_is_named_where_the_mistake_is_there() -> None:
    (one,) = found(helped)
    assert one.where.startswith("slope, line ")


@functools.wraps(right)
def wrapped(**inputs: Any) -> Any:
    return {k: 2 * x for k, x in right(**inputs).items()}


@pytest.mark.parametrize("function", [right, twice_wrong, wrapped, lambda W, X, b: {"dW": W, "db": b}])
def test_nothing_is_told_where_no_single_change_is_enough_or_no_source_is_known(function: Callable[..., Any]) -> None:
    assert found(function) == []


def test_a_gradient_taken_after_the_update_is_told_to_come_before() -> None:
    def step(W: Any, X: Any, b: Any) -> Any:
        dW = (W @ X + b) @ X.T
        W = W - dW
        db = np.sum(W @ X + b, axis=1, keepdims=True)
        return {"W": W, "b": b - db}

    def written(W: Any, X: Any, b: Any) -> Any:
        A = W @ X + b
        return {"W": W - A @ X.T, "b": b - np.sum(A, axis=1, keepdims=True)}

    with precision():
        want = written(**{k: Balls.of(x) for k, x in INPUTS.items()})
    (one,) = repairs(Subject(step, lambda f, **inputs: f(**inputs), INPUTS), want)
    assert one.words == "`db = np.sum(W @ X + b, axis=1, keepdims=True)` should come before `W = W - dW`"


def test_a_change_that_overwrites_what_was_given_is_none() -> None:
    def lost(W: Any, dW: Any) -> Any:
        W = dW
        return W  # noqa: RET504

    def kept(W: Any, dW: Any) -> Any:
        return W - dW

    inputs = {"W": INPUTS["W"], "dW": INPUTS["W"] ** 2}
    with precision():
        want = {"value": kept(**{k: Balls.of(x) for k, x in inputs.items()})}
    made = repairs(Subject(lost, lambda f, **given: f(**given), inputs), want)
    assert made
    assert not any("-=" in one.words for one in made)


# --- what is not run changed -----------------------------------------------------------------------------------------
def opens(x: Any) -> Any:
    return open(x)  # noqa: PTH123


def saves(x: Any) -> Any:
    np.save("x", x)


def removes(x: Any) -> Any:
    remove(x)  # noqa: PTH107


def of_a_module(x: Any) -> Any:
    shutil.rmtree(x)


def computes(x: Any) -> Any:
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}")
    return sigmoid(np.sum(x)) + sum(float(x[i].max()) for i in range(len(x)))


@pytest.mark.parametrize("function", [opens, saves, removes, of_a_module])
def test_a_source_that_does_more_than_compute_is_not_run_changed(function: Any) -> None:
    assert not is_plain(function, tree_of(function))


@pytest.mark.parametrize("function", [computes, right, helped, first_left_out])
def test_a_source_that_computes_is(function: Any) -> None:
    assert is_plain(function, tree_of(function))


def test_a_loop_that_a_change_would_keep_from_ending_is_left_after_a_while() -> None:
    def doubled(x: Any) -> Any:
        n = 0
        while n < 3:
            n = n + 1
            x = x + x
        return x - 1

    inputs = {"x": INPUTS["W"]}
    want = {"value": Balls.of(INPUTS["W"]) * 8}
    made = repairs(Subject(doubled, lambda f, **given: f(**given), inputs), want)
    assert "`return x - 1` should read `return x`" in [one.words for one in made]


# --- where it is told ------------------------------------------------------------------------------------------------
def test_check_tells_the_line_of_a_wrong_backward() -> None:
    def forward(W: Any, X: Any) -> Any:
        return W @ X

    def backward(dout: Any, W: Any, X: Any) -> Any:
        return dout @ X.T, W @ dout

    inputs = {"W": INPUTS["W"][:, :3], "X": INPUTS["X"][:3]}
    told = {row.diagnosis for row in check(forward, backward, inputs) if row.verdict == FAIL}
    assert any("should read `return (dout @ X.T, W.T @ dout)`" in words for words in told)
    unasked = {row.diagnosis for row in check(forward, backward, inputs, source=False) if row.verdict == FAIL}
    assert unasked
    assert not any("in the source" in words for words in unasked)


def test_a_check_that_compares_no_results_tells_it_too() -> None:
    def area(n: int, m: int) -> int:
        return n + m

    def counted(f: Callable[..., Any], setting: Setting) -> Any:
        yield Claim("area", f(3, 4) == 12, f(3, 4), 12)
        yield Claim("area", f(2, 7) == 14, f(2, 7), 14)

    rows = claims("figures", counted)(area, "area", Setting())
    assert all("should read `return n * m`" in row.diagnosis for row in rows)
    unasked = claims("figures", counted)(area, "area", Setting(source=False))
    assert [row.verdict for row in unasked] == [FAIL, FAIL]
    assert not any(row.diagnosis for row in unasked)


def test_numbers_that_were_meant_are_short() -> None:
    assert next(meant(1.000000000001)) == 1
    assert 0.01 in meant(0.1)
    assert ast.unparse(ast.Constant(next(meant(2.002)))) == "2"
