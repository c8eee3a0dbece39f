"""What each rule makes of a piece of source, whole; and that each leaves alone what it says nothing of."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable
from typing import Any

import pytest

from verify.faults.source_rules import ARGUMENT, RELATIVE, SOURCE_RULES, other_arguments

# For each rule what it makes of an expression; of every one that is not here it makes nothing.
EXPRESSIONS: dict[str, dict[str, list[str]]] = {
    "1/m missing": {"x / m": ["x"], "x / (4 * m)": ["x"], "x / n": [], "m / x": [], "x * m": []},
    "1/m doubled": {"x / m": ["x / m / m"], "x / (4 * m)": ["x / (4 * m) / m"], "x / n": []},
    "m − 1 for m": {"x / m": ["x / (m - 1)"], "x / (4 * m)": [], "x / n": [], "x * m": []},
    "another size for m": {
        "A.shape[1]": ["A.shape[0]"], "A.shape[0]": ["A.shape[1]"], "A.shape[k]": [], "A[0]": [], "A.shape": [],
    },
    "sign": {
        "a + b": ["a - b"], "a - b": ["a + b"], "-a": ["a"], "+a": [], "not a": [], "a * b": [], "a + b - c": [
            "a + b + c", "a - b - c",
        ],
    },
    "term missing": {"a + b": ["a", "b"], "a - b": ["a", "b"], "a * b": [], "-a": []},
    "factor missing": {
        "a * b": ["a", "b"], "a / b": ["a"], "a / m": [], "a / (4 * m)": ["a / 4", "a / m"], "a @ b": [], "a + b": [],
    },
    "factor doubled": {"a * b": ["a * b * b"], "a / b": [], "a + b": [], "a @ b": []},
    "transpose lost": {"dZ @ A.T": ["dZ @ A"], "A.T @ B.T": ["A @ B.T", "A.T @ B"], "A.shape": [], "T(A)": []},
    "wrong axis": {
        "f(x, axis=0)": ["f(x, axis=1)"], "f(x, axis=1)": ["f(x, axis=0)"], "f(x, axis=k)": [], "f(x, other=1)": [],
    },
    "keepdims lost": {"f(x, keepdims=True)": ["f(x, keepdims=False)"], "f(x, other=True)": []},
    "sum missing": {
        "np.sum(x, axis=1)": ["x"], "np.mean(x)": ["x"], "x.sum()": ["x"], "x.sum(axis=1)": ["x"], "x.mean()": [],
        "np.max(x)": [], "f(x)": [], "x.sum": [],
    },
    "mean for sum": {"np.sum(x, axis=1)": ["np.mean(x, axis=1)"], "np.mean(x)": [], "f(x)": []},
    "element-wise product for a matrix product": {
        "a @ b": ["a * b"], "np.dot(a, b)": ["a * b"], "a * b": [], "np.sum(a, b)": [],
    },
    "matrix product for an element-wise product": {"a * b": ["a @ b"], "2 * b": [], "a * 2": [], "a + b": []},
    "g′ of A": {"g_prime(k)(Z)": ["g_prime(k)(g(k)(Z))"], "g(k)(Z)": [], "g_prime(Z)": [], "f": []},
    "Z for A": {
        "sigmoid(z)": ["z"], "sigmoid_sound(z)": ["z"], "np.tanh(z)": ["z"], "np.exp(z)": ["z"],
        "g(k)(Z)": ["Z", "k(Z)"], "g(z)": ["z"], "f(z)": [], "g_prime(k)(Z)": [], "np.log(z)": [],
    },
    "g for g′": {"g(k)": ["g_prime(k)"], "g_prime(k)": ["g(k)"], "f(k)": []},
    "square lost": {"a ** 2": ["a"], "a * 2": []},
    "wrong leak": {"0.01 * z": ["0.1 * z", "0.0 * z"], "0.02 * z": []},
    "wrong side of the kink": {
        "a < b": ["a >= b"], "a > b": ["a <= b"], "a <= b": ["a > b"], "a >= b": ["a < b"], "a == b": ["a != b"],
        "a in b": [], "a < b < c": [], "np.maximum(0, z)": ["np.minimum(0, z)"],
        "np.minimum(a, b)": ["np.maximum(a, b)"], "np.where(c, a, b)": ["np.where(c, b, a)"], "np.sum(a, b)": [],
    },
    "wrong at the kink": {
        "a < b": ["a <= b"], "a <= b": ["a < b"], "a > b": ["a >= b"], "a >= b": ["a > b"], "a == b": [],
        "a < b < c": [],
    },
    "modulus lost": {"np.abs(x)": ["x"], "abs(x)": ["x"], "f(x)": []},
    "logarithm lost": {"np.log(x)": ["x"], "np.log1p(x)": ["x"], "np.exp(x)": []},
    "another layer's tensor": {
        "caches[l - 1]": ["caches[l - 2]"], "caches[l - 2]": ["caches[l - 1]"], "caches[l]": [], "caches[l + 1]": [],
        "p[f'W{l}']": ["p[f'W{l - 1}']"], "p[f'W{k}']": [], "p['W{l}']": [],
        "p[f'd{l}W{l}']": ["p[f'd{l - 1}W{l - 1}']"],
        "cache.W": ["cache.A_prev", "cache.Z"], "cache.Z": ["cache.A_prev", "cache.W"],
        "cache.A_prev": ["cache.W", "cache.Z"], "cache.b": [], "other.W": [],
    },
    "the last one left out": {
        "f(range(n))": ["f(range(n - 1))"], "f(range(1, n + 1))": ["f(range(1, n + 1 - 1))"], "f(range(3))": [],
        "f(range(n, -1))": [], "f(g(n))": [],
    },
    "the first one left out": {
        "f(range(n))": ["f(range(1, n))"], "f(range(3))": ["f(range(1, 3))"], "f(range(1, n))": [], "f(g(n))": [],
    },
}  # fmt: skip
STATEMENTS: dict[str, dict[str, list[str]]] = {
    "overwritten, not added": {"dW += x": ["dW = x"], "dW -= x": ["dW = x"], "g[k] += x": ["g[k] = x"], "dW = x": []},
    "added twice": {"dW += x": ["dW += x\ndW += x"], "dW = x": []},
    "subtracted, not added": {"dW += x": ["dW -= x"], "dW -= x": [], "dW *= x": [], "dW = x": []},
    "another layer's tensor": {"g[f'W{l}'] = x": [], "g[l - 1] = x": ["g[l - 2] = x"]},
    "stale gradients": {
        "for i in r:\n    a = forward(w)\n    g = backward(a)\n    w = w - g": [
            "g = backward(a)\nfor i in r:\n    a = forward(w)\n    w = w - g"
        ],
        "for i in r:\n    g = forward(w)": [], "while r:\n    g = backward(w)\n    w = w - g": [],
        "for i in r:\n    backward(w)": [],
    },
    "updated before all gradients are known": {
        "for i in r:\n    g = backward(a)\n    w = w - g\n    b = b - h\n    c()": [
            "for i in r:\n    g = backward(a)\n    w = w - g\n    g = backward(a)\n    b = b - h\n    c()",
            "for i in r:\n    g = backward(a)\n    w = w - g\n    b = b - h\n    g = backward(a)\n    c()",
        ],
        "for i in r:\n    g = backward(a)\n    w = w - g": [], "for i in r:\n    w = w - g\n    b = b - h": [],
    },
}  # fmt: skip


def made(rule: Any, written: str) -> list[str]:
    """The source with each of the nodes in its turn as the rule has it; each has to compile."""
    found = []
    for at, node in enumerate(ast.walk(ast.parse(written))):
        for change in rule(node):
            tree = ast.parse(written)
            target = list(ast.walk(tree))[at]

            class At(ast.NodeTransformer):
                def visit(self, node: ast.AST, target: Any = target, change: Any = change) -> Any:
                    return change if node is target else self.generic_visit(node)

            changed = ast.fix_missing_locations(At().visit(tree))
            compile(changed, "made", "exec")
            found.append(ast.unparse(changed))
    return found


def cases(table: dict[str, dict[str, list[str]]]) -> Iterable[Any]:
    return [
        pytest.param(rule, written, wanted, id=f"{rule}: {written}")
        for rule, of in table.items()
        for written, wanted in of.items()
    ]


@pytest.mark.parametrize(("rule", "written", "wanted"), [*cases(EXPRESSIONS), *cases(STATEMENTS)])
def test_a_rule_makes_all_that_it_says_and_nothing_else(rule: str, written: str, wanted: list[str]) -> None:
    assert made(SOURCE_RULES[rule], textwrap.dedent(written)) == wanted


@pytest.mark.parametrize("by", RELATIVE)
def test_a_constant_is_off_by_what_the_rule_says_but_no_index_and_no_power(by: float) -> None:
    def off(written: str) -> list[str]:
        return made(SOURCE_RULES[f"constant off by {by:.0e}"], written)

    assert off("2 * a") == [f"{2 * (1 + by)} * a"]
    assert off("1 - a / 4.0") == [f"{1 + by} - a / 4.0", f"1 - a / {4 * (1 + by)}"]
    assert off("2 * 3") == [f"{2 * (1 + by)} * 3", f"2 * {3 * (1 + by)}"]
    for nothing in ("a ** 2", "-2", "True * a", "'a' + b", "a * None", "f(2)"):
        assert off(nothing) == []
    for index in ("l - 1", "l - 2", "l + 1", "L + 1", "2 * k", "k + 1"):
        assert off(f"x[{index}]") == []
    assert off("x[2 * k + 1]") == []
    assert off("x[l + 2]") == [f"x[l + {2 * (1 + by)}]"]


def test_an_argument_may_be_taken_for_another_of_its_shape_where_it_is_read() -> None:
    rule = other_arguments({"a": ("b", "c"), "b": ("a",)})
    assert made(rule, "a + d") == ["b + d", "c + d"]
    assert made(rule, "d = f(b)") == ["d = f(a)"]
    assert made(rule, "a = d") == []


def test_the_rules_stand_in_their_order_and_every_one_of_them_is_held_here() -> None:
    constants = [f"constant off by {by}" for by in ("1e-03", "1e-06", "1e-09", "1e-12")]
    *of_expressions, layer, last, first = EXPRESSIONS
    before_leak = of_expressions.index("wrong leak")
    over, twice, minus, _, *loops = STATEMENTS
    assert [*SOURCE_RULES] == [
        *of_expressions[:before_leak], *constants, *of_expressions[before_leak:], over, twice, minus, layer, last,
        first, *loops,
    ]  # fmt: skip
    assert ARGUMENT == "another argument"
