"""What a node of a source may be mistaken for by itself: every list whole, in its order, and each good Python."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from verify.repair.small import meant, of_expression, small

BINARY = {
    "a + b": ["a - b", "a * b", "a / b", "a @ b", "a", "b"],
    "a - b": ["a + b", "a * b", "a / b", "a @ b", "a", "b", "b - a"],
    "a * b": ["a + b", "a - b", "a / b", "a @ b", "a", "b"],
    "a / b": ["a + b", "a - b", "a * b", "a @ b", "a", "b", "b / a"],
    "a @ b": ["a + b", "a - b", "a * b", "a / b", "a", "b", "b @ a"],
    "a // b": ["a + b", "a - b", "a * b", "a / b", "a @ b", "a", "b"],
    "a ** 2": ["a"],
    "-a": ["a"], "+a": [], "not a": [],
}  # fmt: skip
COMPARED = {
    "a < b": ["a > b", "a <= b", "a >= b"], "a > b": ["a < b", "a >= b", "a <= b"],
    "a <= b": ["a >= b", "a < b", "a > b"], "a >= b": ["a <= b", "a > b", "a < b"],
    "a == b": ["a != b"], "a != b": ["a == b"], "a in b": [], "a < b < c": [],
}  # fmt: skip
ASSIGNED = {
    "x += y": ["x -= y", "x *= y"], "x -= y": ["x += y", "x *= y"], "x *= y": ["x += y", "x -= y"],
    "x /= y": ["x += y", "x -= y", "x *= y"],
    "x = y": ["x += y", "x -= y"], "x = y = z": [], "x[l] = y": ["x[l] += y", "x[l] -= y"],
}  # fmt: skip
INDEXED = {
    "A[l]": ["A[l + 1]", "A[l - 1]"], "A[l - 1]": ["A[l - 1 + 1]", "A[l - 1 - 1]"],
    "A[0]": [], "A[-n]": [], "A['W1']": [],
    "A.shape[0]": ["A.shape[1]"], "A.shape[1]": ["A.shape[0]"], "A.shape['W1']": [],
    "A.shape[l]": ["A.shape[l + 1]", "A.shape[l - 1]"],
    "c[f'W{l}']": ["c[f'W{l + 1}']", "c[f'W{l - 1}']"],
    "c[f'd{k}W{l - 1}']": [
        "c[f'd{k + 1}W{l - 1}']", "c[f'd{k - 1}W{l - 1}']", "c[f'd{k}W{l - 1 + 1}']", "c[f'd{k}W{l - 1 - 1}']",
    ],
    "x[:]": [], "x[::2]": [], "x[i:]": ["x[i:i + 1]", "x[:]"],
    "x[:n]": ["x[:]", "x[:n + 1]", "x[:n - 1]"], "x[:3]": ["x[:]", "x[:4]", "x[:2]"],
    "x[1:n]": ["x[1:1 + 1]", "x[:n]", "x[1:]", "x[1:n + 1]", "x[1:n - 1]"],
    "x[:, i]": [], "x[0, 1:, k]": ["x[0, 1:1 + 1, k]", "x[0, :, k]"],
    "x[:, i:1]": ["x[:, i:i + 1]", "x[:, :1]", "x[:, i:]", "x[:, i:2]", "x[:, i:0]"],
}  # fmt: skip
CALLED = {
    "f()": [], "f(x)": ["x"], "f(*x)": [], "f(x, y)": ["x"], "x.max()": [],
    "x.sum()": ["x"], "x.mean(axis=1)": ["x"], "x.sum(0)": ["0", "x"],
    "np.sum(x, axis=1)": ["np.mean(x, axis=1)", "x"], "np.mean(x)": ["np.sum(x)", "x"],
    "np.maximum(0, z)": ["np.minimum(0, z)", "0"], "np.minimum(0, z)": ["np.maximum(0, z)", "0"],
    "np.where(c, a, b)": ["np.where(c, b, a)", "c"], "np.where(c)": ["c"],
    "g(a)": ["g_prime(a)", "a"], "g(a)(Z)": ["g_prime(a)(Z)", "Z"], "g_prime(a)(Z)": ["g(a)(Z)", "Z"],
    "g(by=a)(Z, to=Y)": ["g_prime(by=a)(Z, to=Y)", "Z"], "h(a)(Z)": ["Z"],
    "range(n)": ["range(n + 1)", "range(n - 1)"], "range(3)": ["range(4)", "range(2)"],
    "range(1, n)": ["range(1, n + 1)", "range(1, n - 1)", "range(n)", "range(2, n)"],
    "range(a, b, 2)": ["range(a, b + 1)", "range(a, b - 1)", "range(b)", "range(a + 1, b)", "range(a - 1, b)"],
}  # fmt: skip
NUMBERS = {
    "1": ["0.01", "2", "0.5"], "0.01": ["1", "2", "0.5"], "2": ["0.01", "1", "0.5"], "0.5": ["0.01", "1", "2"],
    "1.001": ["1", "0.01", "2", "0.5"], "2.5": ["2", "0.01", "1", "0.5"],
    "1234.5": ["1000", "1200", "1230", "0.01", "1", "2", "0.5"],
    "True": [], "None": [], "'a'": [], "a": [],
}  # fmt: skip
KEYWORDS = {
    "axis=None": ["axis=0", "axis=1"], "axis=0": ["axis=1", "axis=None"], "axis=1": ["axis=0", "axis=None"],
    "axis=2": [], "axis=k": [], "keepdims=True": ["keepdims=False"], "keepdims=False": ["keepdims=True"],
    "keepdims=k": [], "dtype=0": [],
}  # fmt: skip


def node(written: str) -> Any:
    """The expression, or the statement."""
    (statement,) = ast.parse(written).body
    return statement.value if isinstance(statement, ast.Expr) else statement


def in_python(made: Any) -> str:
    """As it is written; it has to compile in its place too."""
    if isinstance(made, ast.keyword):
        return in_python(ast.Call(node("f"), [], [made])).removeprefix("f(").removesuffix(")")
    body = made if isinstance(made, ast.stmt) else ast.Expr(made)
    compile(ast.fix_missing_locations(ast.Module([body], [])), "made", "exec")
    return ast.unparse(made)


@pytest.mark.parametrize(
    ("written", "offered"),
    {**BINARY, **COMPARED, **ASSIGNED, **INDEXED, **CALLED, **NUMBERS}.items(),
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_what_may_stand_in_the_place_of_a_node_is_what_it_may_be_mistaken_for(written: str, offered: list[str]) -> None:
    assert [in_python(made) for made in small(node(written))] == offered


@pytest.mark.parametrize(("written", "offered"), KEYWORDS.items(), ids=lambda x: x if isinstance(x, str) else "")
def test_an_axis_and_keepdims_may_be_another(written: str, offered: list[str]) -> None:
    assert [in_python(made) for made in small(node(f"f({written})").keywords[0])] == offered


def test_an_index_that_is_written_to_stays_one_that_is_written_to() -> None:
    for written in ("A[l] = x", "A[:, l:n] = x", "A[:n] = x", "c[f'W{l}'] = x", "A.shape[0] = x"):
        statement = node(written)
        target, made = statement.targets[0], []
        for other in small(target):
            statement.targets[0] = other
            made.append(in_python(statement))
        assert len(made) == len(list(small(target))) > 0


@pytest.mark.parametrize(
    ("written", "offered"),
    {
        "a": ["-a", "a.T", "a ** 2"], "a.T": ["-a.T", "a", "a.T ** 2"], "a.x": ["-a.x", "a.x.T", "a.x ** 2"],
        "2": ["-2"], "f(x)": ["-f(x)", "f(x).T", "f(x) ** 2"], "a + b": ["-(a + b)", "(a + b).T", "(a + b) ** 2"],
    }.items(),
)  # fmt: skip
def test_an_expression_may_lack_a_sign_a_transpose_or_a_square(written: str, offered: list[str]) -> None:
    assert [in_python(made) for made in of_expression(node(written))] == offered


def test_a_number_that_was_meant_is_whole_where_it_can_be() -> None:
    assert [repr(x) for x in meant(1.0005)] == ["1", "0.01", "2", "0.5"]
    assert [repr(x) for x in meant(-3.14159)] == ["-3", "-3.1", "-3.14", "0.01", "1", "2", "0.5"]
