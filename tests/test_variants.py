"""The faulty variants of every formula, whole: what each says of itself, and what a spoilt one gives back."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
import pytest

from manual import shallow, shallow_backward
from manual.activations import g, g_prime
from manual.notation import formula
from tests.variants_of_rows import ROWS, made
from verify.cases import assign_sizes
from verify.faults import variants as making
from verify.faults.call_rules import CALL_RULES
from verify.faults.result_rules import RESULT_RULES, Unfit
from verify.faults.rewriting import rewritten
from verify.faults.source_rules import ARGUMENT, SOURCE_RULES, sign
from verify.faults.variants import Variant, variants
from verify.row import Row
from verify.signature import parse


@pytest.mark.parametrize("id", ROWS)
def test_every_rule_makes_of_a_formula_what_it_made(id: str, snapshot: Any) -> None:
    """After a change that is meant: `pytest tests/test_variants.py --snapshot-update`, and read the difference."""
    assert all(variant.formula == id and callable(variant.function) for variant in made(id))
    rules = [(rule, [*of]) for rule, of in groupby(made(id), lambda variant: variant.rule)]
    said = [(rule, " | ".join(v.where + " (square)" * v.square for v in of)) for rule, of in rules]
    # A line for all rules that say the same.
    assert [
        f"{', '.join(rule for rule, _ in of)}: {where}" for where, of in groupby(said, lambda pair: pair[1])
    ] == snapshot


def test_a_variant_bears_its_formula_its_rule_its_line_and_whether_it_is_tried_on_squares() -> None:
    one, *_ = made("deep.dW")
    assert one.name == f"deep.dW: {one.rule}: {one.where}"
    assert Variant("f", "sign", "-x", len, square=True).name == "f: sign: -x (square)"


# --- spoilt results and calls ----------------------------------------------------------------------------------------
X, B = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]]), np.array([[0.5], [0.25]])


@formula("pair", "", "k: scalar, X: n m, b: n 1 -> A: n m, AL: n 1", "here")
def pair(k: Any, X: Any, b: Any) -> Any:
    return X + k, b * k


@formula("listed", "", "k: scalar, X: n m, b: n 1 -> A: n m, AL: n 1", "here")
def listed(k: Any, X: Any, b: Any) -> Any:
    return [X + k, b * k]


@formula("single", "", "X: n m, b: n 1 -> n m", "here")
def single(X: Any, b: Any) -> Any:
    return X + b


@formula("layers", "", "parameters: layers, k: scalar -> layers", "here")
def layers(parameters: Any, k: Any) -> Any:
    return {name: k * x for name, x in parameters.items()}


@pytest.fixture
def results_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of sources are held elsewhere; without them this is quick."""
    monkeypatch.setattr(making, "SOURCE_RULES", {})


def of(formula: Callable[..., Any], rules: Any = RESULT_RULES) -> list[Variant]:
    return [v for v in variants(Row(formula, {})) if v.rule in rules]


def spoilt(rule: str, x: Any, m: int) -> Any:
    try:
        return RESULT_RULES[rule](x, m).tolist()
    except Unfit:
        return x.tolist()


@pytest.mark.usefixtures("results_alone")
@pytest.mark.parametrize("function", [pair, listed])
@pytest.mark.parametrize("named", [False, True])
def test_of_several_results_the_one_that_is_named_is_spoilt_and_no_other(function: Any, named: bool) -> None:
    """Those of the rows fit every array of the result; a rule takes the m of the call."""
    given = {"k": 2.0, "X": X, "b": B}
    right = {"A": X + 2.0, "AL": B * 2.0}
    found = of(function)
    assert {v.where for v in found} == {"A", "AL"}
    for variant in found:
        result = variant.function(**given) if named else variant.function(*given.values())
        assert isinstance(result, tuple)
        for name, mine in zip(right, result, strict=True):
            want = spoilt(variant.rule, right[name], 3) if name == variant.where else right[name].tolist()
            assert mine.tolist() == want, variant.name


@pytest.mark.usefixtures("results_alone")
def test_a_single_result_is_spoilt_by_every_rule_that_fits_it() -> None:
    found = of(single)
    assert [v.rule for v in found if not v.square] == [rule for rule in RESULT_RULES if rule != "rank-1"]
    for variant in found:
        assert variant.where == "value"
        assert variant.function(X, B).tolist() == spoilt(variant.rule, X + B, 3)
        assert variant.function.__name__ == "single"
    # A call with a single example, or a number, is no call that an average or a transpose would spoil.
    average, turned = (next(v for v in found if v.rule == rule) for rule in ("m times too large", "result transposed"))
    assert average.function(X[:, :1], B).tolist() == (X[:, :1] + B).tolist()
    assert turned.function(X[0], 1.0).tolist() == (X[0] + 1.0).tolist()


@pytest.mark.usefixtures("results_alone")
def test_of_layers_all_their_w_are_spoilt_or_all_their_b() -> None:
    given = {"W1": X, "b1": B, "W2": X.T, "b2": B}
    found = of(layers)
    assert {v.where for v in found} == {"W", "b"}
    assert [v.where for v in found if v.rule in ("rank-1", "one column lost")] == ["W", "b"]
    for variant in found:
        result = variant.function(given, 2.0)
        assert list(result) == list(given)
        for name, mine in result.items():
            want = (
                spoilt(variant.rule, 2.0 * given[name], 1) if name[0] == variant.where else (2.0 * given[name]).tolist()
            )
            assert mine.tolist() == want, variant.name


@pytest.mark.usefixtures("results_alone")
def test_the_number_of_examples_is_that_of_the_first_array_that_has_some() -> None:
    @formula("by m", "", "k: m, X: n m, parameters: layers -> n m", "here")
    def by_m(k: Any, X: Any, parameters: Any = None) -> Any:
        return X

    average = next(v for v in of(by_m) if v.rule == "averaged once more")
    assert average.function(np.ones(5), X).tolist() == (X / 5).tolist()
    # One with another number of dimensions than it should have says nothing.
    assert average.function(np.ones((4, 5)), X).tolist() == (X / 3).tolist()
    assert average.function(1.0, X=X).tolist() == (X / 3).tolist()
    assert average.function(1.0, X[0]).tolist() == X[0].tolist()


@pytest.mark.usefixtures("results_alone")
def test_a_spoilt_call_is_handed_all_that_was_given() -> None:
    found = of(pair, CALL_RULES)
    assert [(v.rule, v.where) for v in found] == [(rule, "as a whole") for rule in CALL_RULES]
    for variant in found:
        A, AL = variant.function(2.0, X.copy(), b=B.copy())
        assert (A.astype(np.float64).tolist(), AL.astype(np.float64).tolist()) == ((X + 2).tolist(), (B * 2).tolist())
    assert [v.function(2.0, X.copy(), b=B.copy())[0].dtype == np.float32 for v in found] == [False, True, False, False]


# --- which rules a formula gets --------------------------------------------------------------------------------------
@formula("sizes", "", "n: integer, m: integer -> integer", "here")
def counted(n: int, m: int) -> int:
    return n - m


@formula("drawn", "", "n: integer, rng: generator -> W: n n", "here")
def drawn(n: int, rng: Any) -> Any:
    return rng.normal(size=(n, n))


@formula("alike", "", "A: n m, Y: n m, b: n 1, k: scalar, names: names -> n m", "here")
def alike(A: Any, Y: Any, b: Any, k: Any, names: Any) -> Any:
    return (A - Y).T


@formula("lengths", "", "x: *, y: 1 n -> n", "here")
def lengths(x: Any, y: Any) -> Any:
    return y.T


def test_results_are_spoilt_where_arrays_come_back_and_calls_where_arrays_are_given() -> None:
    assert {v.rule for v in of(counted, {*SOURCE_RULES, *RESULT_RULES, *CALL_RULES})} == {"sign", "term missing"}
    rules = {v.rule for v in of(drawn, {*RESULT_RULES, *CALL_RULES})}
    assert "result transposed" in rules
    assert not rules & {*CALL_RULES}


def test_an_argument_may_be_taken_for_another_array_of_the_same_dimensions() -> None:
    assert [v.where for v in of(alike, {ARGUMENT})] == ["(Y - Y).T", "(A - A).T"]


def test_what_no_shape_gives_away_is_tried_on_equal_sizes_where_there_are_sizes_to_make_equal() -> None:
    assert [v.square for v in of(alike, {"transpose lost"})] == [False, True]
    assert [v.square for v in of(alike, {"sign"})] == [False]
    assert [v.square for v in of(lengths, {"transpose lost"})] == [False]


def test_what_is_asked_of_a_signature_is_told() -> None:
    shapes = {
        "parameters: layers -> layers": (True, False, {"W": (2, 3), "b": (2, 1)}),
        "k: integer -> A: k 4, cache: layers": (False, False, {"A": (3, 4)}),
        "x: *, y: 1 n -> n": (True, False, {"value": (assign_sizes(parse("x: *, y: 1 n -> n"))["n"],)}),
        "x: scalar, W: n p -> scalar": (True, True, {"value": ()}),
        "W: n p -> p": (True, True, {"value": (assign_sizes(parse("W: n p"))["p"],)}),
    }
    for written, (takes, sizes, parts) in shapes.items():
        signature = parse(written)
        assert (making._takes_arrays(signature), making._has_sizes(signature)) == (takes, sizes), written
        assert making._parts(signature) == parts


def test_one_array_of_several_is_spoilt_in_whatever_they_come_back() -> None:
    average = RESULT_RULES["averaged once more"]
    both, alone = parse("X: n m -> A: n m, b: n m"), parse("X: n m -> n m")
    for give, of, part, want in (
        (lambda X: (X, -X), both, "b", (X.tolist(), (-X / 3).tolist())),
        (lambda X: [X, -X], both, "A", ((X / 3).tolist(), (-X).tolist())),
    ):
        assert tuple(x.tolist() for x in making._with_result(give, average, part, of)(X)) == want
    named = making._with_result(lambda X: {"A": X, "b": -X}, average, "b", both)(X=X)
    assert {k: x.tolist() for k, x in named.items()} == {"A": X.tolist(), "b": (-X / 3).tolist()}
    # A row is no tuple of one.
    assert making._with_result(lambda X: X, average, "value", alone)(X[:1]).tolist() == (X[:1] / 3).tolist()


# --- rewriting -------------------------------------------------------------------------------------------------------
def leaves_nothing(x: Any) -> Any:
    y = x
    z = y - x
    return z  # noqa: RET504


def of_rule(id: str, rule: str) -> Any:
    return next(variant.function for variant in made(id) if variant.rule == rule)


def test_a_variant_knows_g_and_its_slope_though_its_module_may_not() -> None:
    assert not hasattr(shallow_backward, "g")
    W2, dZ2 = np.array([[1.0, 2.0]]), np.array([[0.5, -1.0, 2.0]])
    for rule, slope in (("g′ of A", g_prime("tanh")(g("tanh")(X))), ("g for g′", g("tanh")(X))):
        assert of_rule("shallow.dZ1", rule)(W2, dZ2, X, "tanh").tolist() == (W2.T @ dZ2 * slope).tolist()
    assert not hasattr(shallow, "g_prime")
    W1 = np.array([[1.0, 2.0], [3.0, 4.0]])
    Z1, A1, *_ = of_rule("shallow.forward", "g for g′")(X, W1, B, W2, B[:1], "tanh")
    assert A1.tolist() == g_prime("tanh")(Z1).tolist()


def twofold(x: Any, y: Any = 2) -> Any:
    return x * y


def test_a_variant_is_the_function_with_its_change_and_knows_what_a_rule_writes() -> None:
    def more(node: Any) -> Any:
        return [ast.Name("more", ast.Load())] if isinstance(node, ast.Name) and node.id == "y" else []

    assert [function(5) for _, function in rewritten(twofold, more, {"more": 7})] == [35]
    assert [function(5) for _, function in rewritten(leaves_nothing, sign, {})] == [10]
    assert leaves_nothing(5) == 0


def test_the_line_that_differs_is_told_also_where_lines_were_lost_or_added() -> None:
    def lost(node: Any) -> Any:
        return [[]] if type(node).__name__ == "Assign" else []

    def doubled(node: Any) -> Any:
        return [[node, node]] if type(node).__name__ in ("Assign", "Return") else []

    assert [line for line, _ in rewritten(leaves_nothing, lost, {})] == ["z = y - x", "z"]
    assert [line for line, _ in rewritten(leaves_nothing, doubled, {})] == ["y = x", "z = y - x", "z"]
    # What changes nothing is no variant, and two that read alike are one.
    assert [line for line, _ in rewritten(leaves_nothing, lambda node: [node], {})] == []
    assert [line for line, _ in rewritten(leaves_nothing, lambda node: [*sign(node), *sign(node)], {})] == ["z = y + x"]


def test_what_has_no_source_has_no_variants() -> None:
    assert list(rewritten(np.exp, SOURCE_RULES["sign"], {})) == []
    assert list(rewritten(lambda x: -x, SOURCE_RULES["sign"], {})) == []


def test_a_formula_and_what_is_checked_first_are_no_helpers() -> None:
    """Of the notes' functions those alone that are no formulas: each of those has variants of its own."""
    found = [line for line, _ in rewritten(calls_all, SOURCE_RULES["sign"], {})]
    assert found == ["steps(x) - forward(x)"]


def calls_all(x: Any) -> Any:
    return steps(x) + forward(x)


def steps(x: Any) -> Any:
    """A helper, but not one of the notes' own."""
    return x - 1


def forward(x: Any) -> Any:
    return x
