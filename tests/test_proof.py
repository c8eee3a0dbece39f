"""The proof: what is right is proved for all values, what is wrong is not, and what it cannot run it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sympy
from flint import arb

from manual import activations, deep, losses, shallow, shallow_backward
from reports import timing_plots
from reports.html import page
from reports.wording import time_line
from tests.sample_run import sample_run
from verify.arithmetic.duck import Unsupported
from verify.arithmetic.side import side
from verify.arithmetic.symbols import Symbols, extent
from verify.catalogue import CATALOGUE
from verify.check import check
from verify.oracles.point import value_at
from verify.oracles.proof import PROVED, REFUTED, UNKNOWN, Proof, backpropagated, equal, prove
from verify.oracles.zero import vanishes
from verify.problem import Problem
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.row import Row
from verify.rows.shallow import MOVED
from verify.setting import Setting

ALONE = Setting(oracles=frozenset({"proof"}), quick=True)
SLOPED = [name for name in activations.ACTIVATIONS if name != "linear"]


def proving_checks() -> list[Any]:
    """The checks of the catalogue that prove something, by their makers."""
    return [
        pytest.param(row, name, id=f"{row.id}: {name}")
        for row in CATALOGUE
        for name, made in row.checks.items()
        if made.__module__ in ("verify.checks.derivative", "verify.checks.proof")  # type: ignore[attr-defined]
    ]


def twins() -> list[Any]:
    return [
        pytest.param(row, name, wrong, id=f"{row.id}: {twin}")
        for row, name in (p.values for p in proving_checks())
        for twin, (by, wrong) in row.twins.items()
        if by == name
    ]


@pytest.mark.parametrize(("row", "name"), proving_checks())
def test_every_derivative_of_the_catalogue_is_proved(row: Row, name: str) -> None:
    found = [d for d in row.checks[name](row.formula, row.id, ALONE) if d.oracle == "proof"]
    assert found
    for d in found:
        assert (d.verdict, d.question, d.compared > 0) == (PASS, "formula", True), d
        assert d.finding.startswith("∂(Σ dout∗out)/∂")


@pytest.mark.parametrize(("row", "name", "wrong"), twins())
def test_no_wrong_twin_of_a_derivative_is_proved_and_those_of_the_right_shape_are_refuted(
    row: Row, name: str, wrong: Callable[..., Any]
) -> None:
    found = row.checks[name](wrong, row.id, ALONE)
    refuted = [d for d in found if d.verdict == FAIL and d.oracle in ("proof", "shapes")]
    assert refuted or any(d.finding.startswith("raised") for d in found)


# --- whole networks ------------------------------------------------------------------------------------------------
def network(**changes: Any) -> Problem:
    """The 2-2-1 network on three examples: its cost, and `backward` by hand."""
    rng = np.random.default_rng(3)
    inputs = {
        "X": rng.normal(size=(2, 3)), "Y": np.array([[1.0, 0.0, 1.0]]),
        "W1": rng.normal(size=(2, 2)), "b1": rng.normal(size=(2, 1)),
        "W2": rng.normal(size=(1, 2)), "b2": rng.normal(size=(1, 1)),
    }  # fmt: skip
    made = Problem("network", shallow.cost, by_the_notes("tanh"), inputs, MOVED, np.array(1.5))
    return replace(made, **changes)


def by_the_notes(g: str, wrong: str = "", at: tuple[int, int] = (0, 0)) -> Callable[..., Any]:
    """dout times dW1, db1, dW2, db2 of the shallow network; one element of `wrong` is off by a thousandth of itself."""

    def backward(dout: Any, **inputs: Any) -> dict[str, Any]:
        found = shallow_backward.backward(**inputs, activation=g)
        grads = {name: dout * found[f"d{name}"] for name in MOVED}
        if wrong:
            factor = np.ones(grads[wrong].shape)
            factor[at] = 1.001
            grads[wrong] = grads[wrong] * factor
        return grads

    return backward


NINE = [(name, (i, j)) for name, (n, p) in zip(MOVED, ((2, 2), (2, 1), (1, 2), (1, 1)), strict=True)
        for i in range(n) for j in range(p)]  # fmt: skip


@pytest.mark.parametrize("g", ["tanh", "relu", "sigmoid"])
def test_all_nine_gradients_of_the_whole_network_are_proved(g: str) -> None:
    cost = lambda **inputs: shallow.cost(**inputs, activation=g)  # noqa: E731
    found = prove(network(forward=cost, backward=by_the_notes(g)))
    assert {name: (p.verdict, p.identities) for name, p in found.items()} == {
        "W1": (PROVED, 4), "b1": (PROVED, 2), "W2": (PROVED, 2), "b2": (PROVED, 1),
    }  # fmt: skip
    assert ("off the kinks" in found["W1"].where) == (g == "relu")


def test_the_deep_pass_proves_the_same_nine_from_its_own_blocks() -> None:
    names = ("tanh", "sigmoid")

    def backward(dout: Any, X: Any, Y: Any, **parameters: Any) -> dict[str, Any]:
        AL, caches = deep.forward(X, parameters, names)
        return {name: dout * d for name, d in ((k, deep.backward(AL, Y, caches)[f"d{k}"]) for k in MOVED)}

    found = prove(network(forward=lambda X, Y, **p: deep.cost(X, Y, p, names), backward=backward))
    assert {p.verdict for p in found.values()} == {PROVED}


@pytest.mark.parametrize(("name", "at"), NINE)
def test_any_one_of_the_nine_off_by_a_thousandth_is_refuted_alone(name: str, at: tuple[int, int]) -> None:
    found = prove(network(backward=by_the_notes("tanh", name, at)))
    assert {k for k, p in found.items() if p.verdict == REFUTED} == {name}
    assert found[name].at == f"[{at[0]}, {at[1]}]"
    assert all(p.verdict == PROVED for k, p in found.items() if k != name)


# --- sizes are letters ---------------------------------------------------------------------------------------------
def averaged(backward: Callable[..., Any]) -> Proof:
    """W @ A on W (2, 4), A (4, 3) with the notes' 1/m; m = 3."""
    rng = np.random.default_rng(0)
    inputs = {"W": rng.normal(size=(2, 4)), "A": rng.normal(size=(4, 3))}
    made = Problem(
        "dW", lambda W, A: W @ A, lambda dout, W, A: {"W": backward(dout, A)}, inputs, ("W",), rng.normal(size=(2, 3)),
        averages={"W": 3},
    )  # fmt: skip
    return prove(made)["W"]


@pytest.mark.parametrize(
    "backward",
    [
        lambda dZ, A: dZ @ A.T / A.shape[1],
        lambda dZ, A: (1 / dZ.shape[1]) * np.dot(dZ, A.T),
        lambda dZ, A: 1.0 / A.shape[1] * (dZ @ A.T),
        lambda dZ, A: np.mean(dZ[:, None, :] * A[None, :, :], axis=2),
        lambda dZ, A: dZ @ A.T * A.shape[0] / A.size,
    ],
)
def test_one_over_m_is_proved_however_it_is_written(backward: Callable[..., Any]) -> None:
    assert averaged(backward).verdict == PROVED


def test_one_third_is_no_proof_of_one_over_m_though_m_is_3() -> None:
    found = averaged(lambda dZ, A: dZ @ A.T / 3)
    assert (found.verdict, found.reason) == (UNKNOWN, "it holds for arrays of size 3 alone")


@pytest.mark.parametrize("wrong", [
    lambda dZ, A: dZ @ A.T / A.shape[0], lambda dZ, A: dZ @ A.T, lambda dZ, A: dZ @ A.T / (A.shape[1] - 1),
    lambda dZ, A: dZ @ A.T / A.shape[1] ** 2,
])  # fmt: skip
def test_another_size_for_m_is_refuted(wrong: Callable[..., Any]) -> None:
    assert averaged(wrong).verdict == REFUTED


# --- scalar identities ---------------------------------------------------------------------------------------------
Z = {"z": np.array([0.75, -1.25])}


@pytest.mark.parametrize("g", SLOPED)
def test_the_slope_of_every_activation_is_proved_at_all_real_z_each_branch_of_it(g: str) -> None:
    f, slope = activations.ACTIVATIONS[g]
    made = Problem("g", f, lambda dout, z: {"z": dout * slope(z)}, Z, ("z",), np.array([1.0, 2.0]))
    assert prove(made)["z"].verdict == PROVED


@pytest.mark.parametrize(("f", "g"), [
    (activations.tanh, activations.tanh_sound),
    (activations.sigmoid, activations.sigmoid_sound),
    (activations.tanh_derivative, activations.tanh_derivative_sound),
    (lambda z: 2 * activations.sigmoid(2 * z) - 1, activations.tanh_sound),
    (lambda z: losses.cross_entropy(activations.sigmoid(z), 0.25), lambda z: losses.cross_entropy_sound(z, 0.25)),
    (activations.relu_derivative, activations.relu_derivative_left),
    (activations.relu, lambda z: np.where(z >= 0, z, 0)),
    (lambda z: np.maximum(z, -z), lambda z: abs(z)),
    (lambda z: np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z))), lambda z: np.exp(z) / np.sum(np.exp(z))),
    (lambda z: np.sqrt(1 + z * z) ** 2, lambda z: 1 + z**2),
    (
        activations.relu_derivative,
        lambda z: activations.relu_derivative(np.maximum(z, 0) + np.minimum(z, 0)),
    ),
])  # fmt: skip
def test_two_ways_of_writing_one_thing_are_proved_equal(f: Callable[..., Any], g: Callable[..., Any]) -> None:
    assert equal(f, g, Z).verdict == PROVED


@pytest.mark.parametrize(("f", "g"), [
    (activations.sigmoid, activations.tanh), (activations.relu, activations.leaky_relu),
    (lambda z: abs(z), lambda z: 1 * z),
    (activations.tanh_derivative, lambda z: 1 - np.tanh(z)), (lambda z: z, lambda z: z * (1 + 1e-9)),
    (lambda z: np.sum(z), lambda z: z[0]), (lambda z: np.sum(z), lambda z: 1 * z),
])  # fmt: skip
def test_two_different_formulas_are_refuted(f: Callable[..., Any], g: Callable[..., Any]) -> None:
    assert equal(f, g, Z).verdict == REFUTED


def test_constants_that_differ_by_their_rounding_alone_refute_nothing() -> None:
    found = equal(lambda z: z / np.sqrt(3), lambda z: z * 0.5773502691896258, Z)
    assert found.verdict == UNKNOWN
    assert equal(lambda z: z / np.sqrt(3), lambda z: z * 0.5773502691, Z).verdict == REFUTED


def test_a_difference_that_the_given_inputs_do_not_show_is_found_elsewhere() -> None:
    assert equal(lambda z: np.abs(z), lambda z: 1 * z, {"z": np.array([0.75, 1.5])}).verdict == REFUTED


def test_what_holds_in_one_branch_alone_is_not_proved() -> None:
    s = side(sympy.Symbol("z"), sympy.S.Zero)
    assert not vanishes(s - 1)
    assert not vanishes(sympy.exp(s) - sympy.exp(1))
    assert vanishes(sympy.exp(s**2) - sympy.exp(1))


def test_the_slope_of_what_relu_leaves_is_told_by_how_it_is_taken_at_0() -> None:
    """A = relu(Z) is 0 in a whole region: A > 0 is Z > 0 there, A ≥ 0 is not."""
    relu, left, right = activations.relu, activations.relu_derivative_left, activations.relu_derivative
    assert equal(lambda z: left(relu(z)), left, Z).verdict == PROVED
    assert equal(lambda z: left(relu(z)), right, Z).verdict == PROVED
    assert equal(lambda z: right(relu(z)), left, Z).verdict == REFUTED
    assert equal(lambda z: right(relu(z)), lambda z: np.ones_like(z), Z).verdict == PROVED
    assert equal(lambda z: (relu(z) + 1) * (relu(z) >= 0), lambda z: relu(z) + (z > 0), Z).verdict == REFUTED
    half = lambda z: np.where(z > 0, np.ones_like(z), 0.5 * np.ones_like(z))  # noqa: E731
    assert equal(lambda z: right(relu(z)), half, Z).verdict == REFUTED


# --- what it cannot run --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("f", "said"), [
    (lambda z: np.arctan(z), "arctan"), (lambda z: z**0.3, "exponent"), (lambda z: np.where(z == 1, z, -z), "equal"),
    (lambda z: np.array([float(x) for x in z]), "plain number"), (lambda z: z[z > 0], "mask"),
])  # fmt: skip
def test_what_does_not_run_on_letters_stays_open_with_the_reason(f: Callable[..., Any], said: str) -> None:
    found = equal(f, f, Z)
    assert found.verdict == UNKNOWN
    assert said in found.reason


def test_a_formula_that_does_not_run_on_letters_makes_an_inconclusive_row() -> None:
    from verify.proofs import proofs

    made = Problem(
        "atan", lambda z: np.arctan(z), lambda dout, z: {"z": dout / (1 + z * z)}, Z, ("z",), np.array([1.0, 2.0])
    )
    (row,) = proofs(made, ALONE, {"formula": "atan"})
    assert (row.verdict, row.finding) == (INCONCLUSIVE, "not run: np.arctan does not run on Symbols")


def test_too_many_letters_are_not_tried_and_the_deadline_is_kept() -> None:
    many = {"z": np.linspace(0.1, 1, 400)}
    assert "at most 200 letters" in equal(activations.tanh, activations.tanh, many).reason
    late = equal(activations.tanh, activations.tanh_sound, Z, deadline=0.0)
    assert (late.verdict, late.reason) == (UNKNOWN, "the time is up")


# --- its parts -----------------------------------------------------------------------------------------------------
def test_the_chain_rule_over_the_nodes_is_sympys_own_derivative() -> None:
    x, y, w = sympy.symbols("x y w")
    for e in (x * y, sympy.exp(x * y) / (1 + y**2), sympy.log(1 + sympy.exp(-x)), sympy.tanh(x + y * x) ** 3,
              sympy.sqrt(1 + x**2), x**-2 * y * (x + y) ** 2):  # fmt: skip
        slopes = backpropagated([(e, w), (x, y)])
        assert vanishes(slopes[x] - (w * e.diff(x) + y))
        assert vanishes(slopes.get(y, sympy.S.Zero) - w * e.diff(y))


def test_an_expression_at_a_point_is_what_it_is_there() -> None:
    x = sympy.Symbol("x")
    at = {x: arb(-0.5)}
    e = sympy.exp(x) * side(x, sympy.S.Zero) + sympy.tanh(x) ** 2 / extent(5) - sympy.log(-x) + sympy.sqrt(2 + x)
    want = -np.exp(-0.5) + np.tanh(-0.5) ** 2 / 5 - np.log(0.5) + np.sqrt(1.5)
    assert abs(float(value_at(e, dict(at)).mid()) - want) < 2**-50
    assert not value_at(side(x + sympy.Rational(1, 2), sympy.S.One), dict(at)).is_finite()  # on its kink


def test_a_mask_writes_where_it_holds_and_a_plain_array_takes_no_letters() -> None:
    z = Symbols.named("z", (2,))
    masked = z.copy()
    masked[z <= 0] = 0
    assert all(vanishes(a - b) for a, b in zip(masked.parts[0], activations.relu(z).parts[0], strict=True))
    with pytest.raises((Unsupported, ValueError)):
        np.zeros(2)[0] = z[0]


# --- on the page ---------------------------------------------------------------------------------------------------
def test_the_page_tells_what_was_proved_apart_from_the_findings_and_the_times_are_drawn_beside_it() -> None:
    run, said = sample_run(), "∂(Σ dout∗out)/∂w = m·dw: 2 identities in 9 letters, for all real values"
    row = Discrepancy(
        "logistic.dw", "dw", "formula", "proof", PASS, shape="(2, 1)", case="typical", compared=2, finding=said
    )
    open_ = replace(row, verdict=INCONCLUSIVE, finding="not run: np.arctan does not run on Symbols")
    proved = page(replace(run, discrepancies=(*run.discrepancies, row)))
    assert 'id="proofs"' not in page(run)
    assert "1 of 1 gradient proved, 2 identities in all" in proved
    assert proved.count(said) == 2  # in the section, and among the formula's rows
    undecided = page(replace(run, discrepancies=(*run.discrepancies, open_)))
    assert "0 of 1 gradient proved" in undecided
    assert undecided.count(open_.finding) == 3  # among the findings too
    assert "logistic.dw" in timing_plots.passes((("proof, logistic.dw, dw", 0.25),))
    assert time_line((("proof, logistic.dw, dw", 0.25), ("all", 1.0))) == "time 1.0 s"


def test_of_the_users_code_a_proof_is_made_where_it_is_named_alone() -> None:
    def asked(**options: Any) -> set[str]:
        made = check(lambda x: x * x, lambda dout, x: 2 * dout * x, {"x": np.array([0.5, -2.0])}, **options)
        return {row.oracle for row in made if row.verdict == PASS}

    assert "proof" not in asked()
    assert asked(oracles=["proof"]) == {"proof"}


def test_every_proof_is_timed_by_the_formula_and_its_gradients() -> None:
    (row,) = (row for row in CATALOGUE if row.id == "deep.dW")
    times: list[tuple[str, float]] = []
    row.checks["derivative"](row.formula, row.id, replace(ALONE, timed=times.append))
    assert [name for name, _ in times] == ["proof, deep.dW, dW"]
