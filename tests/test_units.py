"""The exhaustive check part by part: every element's verdict, the figures, the slopes of a column, and their errors."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from manual import losses
from manual.activations import g, sigmoid_sound
from verify.arithmetic.bounds import Bounds
from verify.arithmetic.rounding import UNIT, up
from verify.arithmetic.sided import Sided
from verify.errors import UserError
from verify.records import FAIL, INCONCLUSIVE, PASS, Discrepancy, Tally
from verify.units.base import Base, base
from verify.units.columns import bounded, columns, known
from verify.units.complex_step import activated, on_kink, slopes
from verify.units.differences import differences, noises
from verify.units.elements import NOT_FINITE, SHOWN, Elements, Figures
from verify.units.layer import Layer, judge

Array = np.ndarray[Any, Any]
A, B = "complex step", "differences"
SUM, KINK = "too small beside what it is a sum of", "a kink lies within its bound: the derivative is a set"
LEFT = "no step around it stays finite and inside its domain"


# --- one element ------------------------------------------------------------------------------------------------------
def judged(
    mine: float, bound: tuple[float, float], estimate: tuple[float, float], rounding: float = 0.0, kinked: bool = False,
    elsewhere: tuple[float, float] | None = None,
) -> Elements:  # fmt: skip
    def cell(x: float) -> Array:
        return np.array([[x]])

    found = Elements("dW1", 1, (1, 1), 0)
    told = [(cell(want), cell(error)) for want, error in (bound, estimate)]
    other = (cell(elsewhere[0]), cell(elsewhere[1])) if elsewhere else None
    found.judge(0, cell(mine), cell(rounding), told, np.array([[kinked]]), other)
    return found


# Of 10000 an error of 1 must be seen: so a limit of 1/2 sees enough, and one of 9/16 does not.
@pytest.mark.parametrize(
    ("mine", "bound", "estimate", "verdict", "oracle"),
    [
        (10000.5, (10000, 0.5), (10000, inf), PASS, ""), (9999.5, (10000, 0.5), (10000, inf), PASS, ""),
        (10000.5625, (10000, 0.5), (10000, inf), FAIL, A), (9999, (10000, 0.5), (10000, 8), FAIL, A),
        (-10000.5, (-10000, 0.5), (-10000, 9), PASS, ""),
        (10000.5, (10000, 0.5625), (10000, 0.5), PASS, ""), (10000.5, (10000, inf), (10000, 0.5), PASS, ""),
        (10000.5625, (10000, 0.5625), (10000, 0.5), FAIL, B), (10000.5625, (10000, inf), (10000, 0.5), FAIL, B),
        (10000.5, (10000, 0.5), (10001, 0.25), PASS, ""),  # the bound has decided
        (10002, (10000, 0.75), (10000, 0.5), FAIL, A), (10002, (10000, 0.5), (10000, 0.75), FAIL, A),
        (10000, (10000, 0.5625), (10000, 0.5625), INCONCLUSIVE, A), (10000, (10000, 2), (10000, 1), INCONCLUSIVE, B),
        (10000, (10000, 1), (10000, 2), INCONCLUSIVE, A), (10000, (10000, inf), (10000, inf), INCONCLUSIVE, A),
        (10003, (10000, 4), (10000, 2), FAIL, B), (10003, (10000, 2), (10000, 4), FAIL, A),
        (0, (0, 2.0**-700), (0, 1), PASS, ""), (0, (0, 1), (0, 2.0**-700), PASS, ""),
        (0, (0, 2.0**-699), (0, 2.0**-699), INCONCLUSIVE, A), (2.0**-699, (0, 2.0**-700), (0, 1), FAIL, A),
        (nan, (1, 0.25), (1, 0.25), FAIL, A), (inf, (1, inf), (1, 0.25), FAIL, B),
        (nan, (1, inf), (1, inf), INCONCLUSIVE, A),
    ],
)  # fmt: skip
def test_an_element_is_right_where_an_oracle_sees_enough_and_wrong_where_one_finds_it_so(
    mine: float, bound: tuple[float, float], estimate: tuple[float, float], verdict: str, oracle: str
) -> None:
    found = judged(mine, bound, estimate)
    assert found.counts == {name: int(name == verdict) for name in (PASS, FAIL, INCONCLUSIVE)}
    shown = [*found.wrong, *found.undecided]
    assert [(row.verdict, row.oracle) for row in shown] == ([(verdict, oracle)] if oracle else [])


def test_why_an_element_is_undecided_is_told() -> None:
    for bound, kinked, reason in ((1.0, False, SUM), (inf, False, LEFT), (1.0, True, KINK), (inf, True, KINK)):
        (row,) = judged(1.0, (1.0, bound), (1.0, 1.0), kinked=kinked).undecided
        assert row.finding == reason
    assert judged(9.0, (1.0, 0.5), (1.0, 0.5), kinked=True).wrong[0].finding == ""
    assert NOT_FINITE == LEFT


@pytest.mark.parametrize(
    ("mine", "gaps", "limits"),
    # By 1 and by 2, of which 1/2 is rounding; elsewhere it is 10100 by 4, or by 4 more.
    [(10000.5, (0.5, 0.5), (1, 2)), (10001, (1, 1), (1, 2)), (9999, (1, 1), (1, 2)), (10001.5, (98.5, 1.5), (4, 2)),
     (10002, (98, 2), (4, 2)), (10002.5, (97.5, 2.5), (4, 6)), (10097, (3, 97), (4, 6)), (nan, (inf, inf), (0.5, 1.5))],
)  # fmt: skip
def test_what_another_rounding_of_the_pass_may_do_is_granted_where_it_is_needed(
    mine: float, gaps: tuple[float, float], limits: tuple[float, float]
) -> None:
    found = judged(mine, (10000, 0.5), (10000, 1.5), rounding=0.5, elsewhere=(10100, 4)).figures
    assert [(found[name].max_abs, found[name].widest) for name in (A, B)] == list(zip(gaps, limits, strict=True))


# --- a whole gradient -------------------------------------------------------------------------------------------------
def whole() -> Elements:
    """Rows 0 and 1 of dW2, and then row 2: passed, failed twice, undecided, a kink, a zero, one that is not known."""
    found = Elements("dW2", 2, (3, 3), 7)
    want = np.array([[2.0, -4.0, 8.0], [0.0, 16.0, 1.0], [1.0, -2.0, 4.0]])
    mine = want + np.array([[0, 2.0**-16, 0.5], [0, -2, 0], [0, 0, 0]])
    bound = np.array([[2.0**-17, 2.0**-15, 0.25], [0, 0.5, 0.125], [inf, 2.0**-20, 0.5]])
    estimate = np.array([[2.0**-16, 2.0**-14, 1], [0, 8, 0.25], [2.0**-21, inf, 0.25]])
    kinked = np.array([[False, False, False], [False, False, True], [False, False, False]])
    none = np.zeros((3, 3))
    for part, first in ((slice(0, 2), 0), (slice(2, 3), 2)):
        told = [(want[part], bound[part]), (want[part], estimate[part])]
        found.judge(first, mine[part], none[part], told, kinked[part])
    return found


def test_a_whole_gradient_is_tallied_over_all_its_rows() -> None:
    # What is seen is twice the limit in units of the element: of the bound where it sees enough, else of the estimate.
    assert whole().tally() == Tally("dW2", 2, "(3, 3)", 9, 5, 2, 2, zeros=1, kinks=1, sees=2.0**-16)


def test_the_elements_that_are_wrong_and_undecided_are_shown_whole_the_worst_and_largest_first() -> None:
    found = whole()
    about: dict[str, Any] = {"layer": 2, "shape": "(3, 3)", "seed": 7, "compared": 1}
    assert found.wrong == [
        Discrepancy("exhaustive", "dW2", "formula", A, FAIL, max_abs=2.0, at="[1, 1]", mine="14.0", want="16.0",
                    budget=0.5, used=4.0, **about),
        Discrepancy("exhaustive", "dW2", "formula", A, FAIL, max_abs=0.5, at="[0, 2]", mine="8.5", want="8.0",
                    budget=0.25, used=2.0, **about),
    ]  # fmt: skip
    assert found.undecided == [
        Discrepancy("exhaustive", "dW2", "formula", A, INCONCLUSIVE, max_abs=0.0, at="[1, 2]", mine="1.0", want="1.0",
                    budget=0.125, used=0.0, finding=KINK, **about),
        Discrepancy("exhaustive", "dW2", "formula", B, INCONCLUSIVE, max_abs=0.0, at="[2, 2]", mine="4.0", want="4.0",
                    budget=0.25, used=0.0, finding=SUM, **about),
    ]  # fmt: skip


def test_a_gradient_as_a_whole_is_a_row_of_either_oracle() -> None:
    about: dict[str, Any] = {"layer": 2, "shape": "(3, 3)", "seed": 7, "convention": "J"}
    by_bound, by_estimate = whole().rows()
    assert by_bound == Discrepancy(
        "exhaustive", "dW2", "formula", A, FAIL, compared=8, skipped=1, max_abs=2.0, max_rel=0.125, used=4.0,
        detects=0.5 / 16, at="[1, 1]", mine="14.0", want="16.0", budget=0.5,
        finding=f"1 of 9 elements skipped, the first at [2, 0]: {LEFT}", **about,
    )  # fmt: skip
    assert by_estimate == Discrepancy(
        "exhaustive", "dW2", "formula", B, INCONCLUSIVE, compared=8, skipped=1, max_abs=2.0, max_rel=0.125, used=0.5,
        detects=0.5, at="[0, 2]", mine="8.5", want="8.0", budget=1.0, finding="it would have seen no error below 0.5 × "
        f"the largest element everywhere; 1 of 9 elements skipped, the first at [2, 1]: {LEFT}", **about,
    )  # fmt: skip


def test_no_more_elements_are_named_than_are_shown_and_of_equals_the_first() -> None:
    size = 25
    assert SHOWN == 20
    found = Elements("db1", 1, (size, 1), 0)
    want, far = np.ones((size, 1)), np.full((size, 1), 4.0)
    far[-1] = 8.0
    told = [(want, np.full((size, 1), 0.0625))] * 2
    found.judge(0, want + far, np.zeros((size, 1)), told, np.zeros((size, 1), dtype=bool))
    assert [row.at for row in found.wrong] == [f"[{size - 1}, 0]", *(f"[{i}, 0]" for i in range(SHOWN - 1))]
    told = [(want, np.ones((size, 1)))] * 2
    found.judge(size, far, np.ones((size, 1)) * 9, told, np.zeros((size, 1), dtype=bool))
    assert [row.at for row in found.undecided] == [
        f"[{2 * size - 1}, 0]",
        *(f"[{size + i}, 0]" for i in range(SHOWN - 1)),
    ]


@pytest.mark.parametrize(
    ("mine", "want", "limit", "verdict", "finding"),
    [
        (1.0, 1.0, 1e-6, PASS, ""), (1.0, 1.0, 2.0**-19, INCONCLUSIVE, ("it would have seen no error below 2e-06 × the "
         "largest element everywhere")),
        (2.0, 2.0, 2.0**-19, PASS, ""), (1 + 2.0**-20, 1.0, 2.0**-20, PASS, ""),
        (1 + 2.0**-19, 1.0, 2.0**-20, FAIL, ""),
        (0.0, 0.0, 0.0, INCONCLUSIVE, ("it would have seen no error below inf × "
         "the largest element everywhere")),
        (1.0, 1.0, inf, INCONCLUSIVE, f"1 of 1 elements skipped, the first at [3, 0]: {LEFT}"),
    ],
)  # fmt: skip
def test_a_row_passes_where_all_is_within_its_limits_and_these_see_enough(
    mine: float, want: float, limit: float, verdict: str, finding: str
) -> None:
    found = Figures()
    cell = [np.array([[x]]) for x in (mine, want, abs(mine - want), limit)]
    found.take(3, *cell)
    row = found.row(Elements("db1", 1, (4, 1), 0), A)
    assert (row.verdict, row.finding) == (verdict, finding)
    if limit == inf:
        assert np.isnan([row.used, row.detects]).all()
    else:
        assert row.used == (abs(mine - want) / limit if limit else 0.0)
        assert row.detects == (limit / abs(want) if want else inf)


def test_where_the_bound_has_decided_the_estimate_fails_nothing() -> None:
    """No element fails: what is outside its estimate is so of an estimate that was too small."""
    found = judged(10000.5, (10000, 0.5), (10000, 0.25))
    by_bound, by_estimate = found.rows()
    assert (by_bound.verdict, by_bound.used) == (INCONCLUSIVE, 1.0)
    assert (by_estimate.verdict, by_estimate.used) == (INCONCLUSIVE, 2.0)
    assert by_estimate.finding == "outside its own error estimate: the complex step has decided otherwise"
    wrong = judged(10001, (10000, 0.5), (10000, 0.25)).rows()
    assert [(row.verdict, row.finding) for row in wrong] == [(FAIL, ""), (FAIL, "")]


def test_figures_are_those_of_all_blocks_and_the_worst_is_the_first_of_the_worst() -> None:
    found = Figures()
    one = np.ones((1, 2))
    found.take(0, 3 * one, one * 2, one, np.array([[inf, 2.0]]))
    found.take(4, 8 * one, one * 4, one * 4, np.array([[16.0, 8.0]]))
    found.take(6, 3 * one, one * 2, one, 2 * one)
    found.take(8, one, one, 0 * one, np.full((1, 2), inf))
    assert (found.compared, found.skipped, found.first_skipped) == (5, 3, "[0, 0]")
    assert (found.max_abs, found.max_rel, found.widest, found.scale, found.used) == (4, 1, 16, 4, 0.5)
    assert found.worst == {"at": "[0, 1]", "mine": "3.0", "want": "2.0", "budget": 2.0}
    none, two = Figures(), np.ones((2, 1))
    none.take(4, two, two, 0 * two, np.array([[1.0], [inf]]))
    assert none.first_skipped == "[5, 0]"


# --- the pass that is moved -------------------------------------------------------------------------------------------
class Cubic(Base):
    """With the cube of Z[L] for a loss, which is exact of short numbers, and so are its differences."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * A * A


def moved(kind: type[Base], X: Any, names: tuple[str, ...], *weights: Any) -> Any:
    """A pass with another loss, without b, at the floats that it comes to."""
    Z, A, parameters = {}, {0: np.atleast_2d(X)}, {}
    for l, (name, W) in enumerate(zip(names, weights, strict=True), start=1):
        parameters |= {f"W{l}": np.atleast_2d(W), f"b{l}": np.zeros((len(np.atleast_2d(W)), 1))}
        Z[l] = parameters[f"W{l}"] @ A[l - 1]
        with np.errstate(all="ignore"):
            A[l] = g(name)(Z[l])
    bounded = {l: Bounds.of(z) for l, z in Z.items()}
    values = {l: Bounds.of(a) if l else a for l, a in A.items()}
    return kind(A[0], np.zeros(A[len(weights)].shape), parameters, names, bounded, values)


def net(
    *widths: int, m: int = 3, activations: tuple[str, ...] = (), **parameters: Any
) -> tuple[Array, Array, Any, Any]:
    names = activations or ("linear",) * (len(widths) - 2) + ("sigmoid",)
    X = np.arange(1.0, widths[0] * m + 1).reshape(widths[0], m) / 8
    Y = np.tile([[0.0, 1.0]], (widths[-1], m))[:, :m]
    given = {}
    for l in range(1, len(widths)):
        given[f"W{l}"] = parameters.get(f"W{l}", np.ones((widths[l], widths[l - 1])))
        given[f"b{l}"] = parameters.get(f"b{l}", np.zeros((widths[l], 1)))
    return X, Y, given, names


def test_the_pass_is_exact_at_its_own_floats_and_else_bounded_from_the_first_layer_on() -> None:
    third = np.full((2, 2), 1 / 3)
    X, Y, parameters, names = net(2, 2, 1, W1=third)
    own, other = (base(X, Y, parameters, names, rounded) for rounded in (False, True))
    for at in (own, other):
        assert (at.depth, at.m, sorted(at.Z), sorted(at.A)) == (2, 3, [1, 2], [0, 1, 2])
        assert at.A[0] is X
        assert at.Z[1].value.tolist() == (third @ X).tolist() == at.A[1].value.tolist()
    assert not own.Z[1].err.any()
    assert not own.Z[2].err.any()
    assert (other.Z[1].err > 0).all()
    assert (other.A[1].err > 0).all()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"W2": np.ones((0, 2))}, "W2 has shape (0, 2), which holds nothing; every layer needs a unit"),
        ({"Y": np.ones((2, 3))}, "Y has shape (2, 3); this network and X want (1, 3)"),
        ({"Y": np.full((1, 3), 0.5)}, "Y holds 0.5 at [0, 0]; a label is 0 or 1"),
        ({"b1": np.array([[0.0], [inf]])}, ("Z1 is inf at [1, 0]: the forward is not finite there, so it has no "
         "derivative; give smaller parameters, or scale the data")),
        ({"activations": ("linear", "linear"), "b2": np.array([[-3.0]])}, ("the loss is nan at [0, 0]: the forward "
         "is not finite there, so it has no derivative; give smaller parameters, or scale the data")),
    ],
)  # fmt: skip
def test_what_cannot_be_passed_is_told_in_a_sentence(changes: dict[str, Any], said: str) -> None:
    changes = dict(changes)
    Y, names = changes.pop("Y", None), changes.pop("activations", ())
    X, labels, parameters, activations = net(2, 2, 1, activations=names)
    with pytest.raises(UserError) as raised:
        base(X, labels if Y is None else Y, {**parameters, **changes}, activations, False)
    assert str(raised.value) == said


def test_the_loss_is_that_of_z_from_where_1_minus_a_loses_digits() -> None:
    X, _Y, parameters, names = net(1, 1, m=4, W1=np.array([[1.0]]))
    X = np.array([[1.0, np.nextafter(1, 0), -1.0, 0.25]])
    at = base(X, np.array([[0.0, 1.0, 1.0, 0.0]]), parameters, names, False)
    z, a = at.Z[1].value, at.A[1].value
    sound, plain = losses.cross_entropy_sound(z, at.Y), losses.cross_entropy(a, at.Y)
    assert at.loss(z, a).tolist() == np.where([True, False, True, False], sound, plain).tolist()
    bounded, low = at.loss(at.Z[1], at.A[1]), losses.cross_entropy_sound(at.Z[1], at.Y)
    high = losses.cross_entropy(at.A[1], at.Y)
    assert bounded.err.tolist() == np.where([True, False, True, False], low.err, high.err).tolist()
    assert (low.err != high.err).all()
    assert at.loss(z[:, :1], a[:, :1], (slice(None), np.array([0]))).tolist() == sound[:, :1].tolist()
    here = np.array([0, 0]), np.array([3, 2])
    assert at.loss(z[here], a[here], here).tolist() == [plain[0, 3], sound[0, 2]]
    # A linear output has no z of its own.
    linear = base(np.full((1, 4), 0.25), at.Y, {"W1": np.ones((1, 1)), "b1": np.zeros((1, 1))}, ("linear",), False)
    assert linear.loss(7.0, 0.25).tolist() == losses.cross_entropy(0.25, at.Y).tolist()


@pytest.mark.parametrize(
    ("block", "sizes"),
    [(8, {1: [2, 2, 2, 2, 1], 2: [2, 2, 2], 3: [8, 4], 4: [3]}), (1, {4: [1, 1, 1]}), (2**16, {1: [9], 3: [12]})],
)
def test_a_block_holds_as_many_columns_as_the_widest_layer_above_allows(
    block: int, sizes: dict[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verify.units.base.BLOCK", block)
    at = base(*net(1, 3, 2, 4, 1), False)
    for layer, lengths in sizes.items():
        found = list(at.blocks(layer))
        assert [len(units) for units, _ in found] == lengths
        where = [pair for units, examples in found for pair in zip(units.tolist(), examples.tolist(), strict=True)]
        assert where == list(np.ndindex(at.Z[layer].shape))


# --- differences ------------------------------------------------------------------------------------------------------
class Waves(Base):
    """With the cube of what A[L] is beside a whole number for a loss: that is exact for a step next to one."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        beside = A - np.rint(A)
        return beside * beside * beside


def test_a_difference_of_one_layer_is_that_of_two_steps_in_proportion_to_z() -> None:
    """Of d³ the slope over h/2 is 3d² + h²/4, and by 3h²/4 more over h; h is 2⁻¹⁷ times the power of 2 above |z|."""
    at = moved(Waves, [1.0, -3.0, 0.25, 0.125], ("linear",), [[1.0], [2.0]])
    units, examples, noise = np.array([0, 0, 1, 0, 1]), np.array([0, 1, 1, 2, 3]), np.array([0, 3, 5, 7]) * 2.0**-80
    found = differences(at, 1, units, examples, noise)
    d, h = np.array([0, 0, 0, 0.25, 0.25]), np.array([1, 4, 8, 1, 1]) * 2.0**-17
    assert found.steps.tolist() == h.tolist()
    assert found.values.tolist() == (3 * d**2 + h**2 / 4).tolist()
    rounding = (2 * noise[examples] + 4 * UNIT * np.abs(found.values * h)) / h
    assert found.errors.tolist() == up(3 * h**2 / 4 + rounding).tolist()
    assert found.crossed.tolist() == [False] * 5


def test_differences_go_through_the_layers_above_and_sum_the_losses_of_all_outputs() -> None:
    """Two linear layers above: unit i moves the outputs by V = W3 W2[:, i]; Σ (Z + Vh)³ has the slope Σ 3Z²V + V³h²."""
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0]])
    at = moved(Cubic, [1.0, -0.5], ("linear",) * 3, [[1.0], [0.5]], W2, W3)
    for l, V in ((1, W3 @ W2), (2, W3), (3, np.eye(2))):
        for i, k in np.ndindex(2, 2):
            found = differences(at, l, np.array([i]), np.array([k]), np.zeros(2))
            h, Z = found.steps[0] / 2, at.Z[3].value[:, k]
            want = np.sum(3 * Z**2 * V[:, i] + V[:, i] ** 3 * h**2) if l < 3 else 3 * Z[i] ** 2 + h**2
            # The points are exact; each cube rounds twice, at either end, and so do the quotients.
            assert abs(found.values[0] - want) <= 8 * UNIT * np.sum(np.abs(Z) ** 3) / h


@pytest.mark.parametrize(
    ("z", "shorter", "crossed"),
    [(1.0, 0, False), (2.0**-20, 1, False), (-(2.0**-20), 1, False), (2.0**-30, 2, False), (2.0**-40, 2, True),
     (0.0, 2, True), (2.0**-17, 1, False), (1.5 * 2.0**-17, 0, False)],
)  # fmt: skip
@pytest.mark.parametrize("layers", [1, 2])
def test_a_step_across_a_kink_is_shorter_by_a_thousandth_twice_at_most(
    z: float, shorter: int, crossed: bool, layers: int
) -> None:
    names = ("leaky_relu",) if layers == 1 else ("linear", "leaky_relu")
    at = moved(Cubic, [z, 1.0], names, *[1.0] * layers)
    found = differences(at, 1, np.array([0, 0]), np.array([1, 0]), np.zeros(2))
    assert found.crossed.tolist() == [False, crossed]
    assert found.steps.tolist() == [2.0**-17, 2.0 ** -(17 + 10 * shorter)]


def test_a_kink_of_any_unit_above_is_crossed_and_of_a_layer_without_kinks_none_is() -> None:
    for names, crossed in (
        (("linear", "relu", "relu"), True),
        (("linear", "relu", "linear"), True), (("linear", "linear", "relu"), False),
        (("relu", "linear", "linear"), False)
    ):  # fmt: skip
        # Unit 1 of layer 1, which does not move, makes the first of layer 2 be at 0.
        at = moved(Cubic, [1.0], names, [[1.0], [1.0]], [[1.0, -1.0], [1.0, 1.0]], [[1.0, 1.0]])
        found = differences(at, 1, np.array([0]), np.array([0]), np.zeros(1))
        assert found.crossed.tolist() == [crossed]


class Walled(Cubic):
    """Not finite beyond a wall."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * A * A + 0 * np.sqrt(1 + 2.0**-18 - A)


def test_where_a_step_is_not_finite_nothing_is_known() -> None:
    for z, finite in ((1.0, False), (1 - 2.0**-17, True), (1 - 2.0**-19, False)):
        at = moved(Walled, [z], ("linear",), 1.0)
        with np.errstate(all="ignore"):
            found = differences(at, 1, np.array([0]), np.array([0]), np.zeros(1))
        assert np.isfinite(found.errors).tolist() == [finite]
        assert finite or (found.values.tolist(), found.errors.tolist()) == ([0], [inf])


def test_the_noise_is_twice_what_rounding_may_do_from_the_moved_layer_on() -> None:
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0], [0.5, 0.25]])
    at = moved(Cubic, [1.0, -0.5, 3.0], ("tanh", "sigmoid", "linear"), [[1.0], [0.5]], W2, W3)

    def cube(Z: Bounds) -> Array:
        return np.asarray((Z * Z * Z).err)

    def rounded(value: Array, off: Array) -> Bounds:
        """Two units of W beside each sum: the bound is wide enough for them, and for its own two products."""
        return Bounds(value, up((off + 4 * UNIT * np.abs(value)) * (1 + 4 * UNIT)))

    assert noises(at, 3).tolist() == (2 * np.max(cube(Bounds.of(at.Z[3].value)), axis=0)).tolist()
    A2 = g("sigmoid")(Bounds.of(at.Z[2].value))
    # Whichever unit of layer 2 moves: its A is off by the widest, times the largest of its weights.
    Z3 = rounded(at.Z[3].value, np.abs(W3).max(axis=1, keepdims=True) * A2.err.max(axis=0))
    assert noises(at, 2).tolist() == (2 * np.sum(cube(Z3), axis=0)).tolist()
    A1 = g("tanh")(Bounds.of(at.Z[1].value))
    Z2 = rounded(at.Z[2].value, np.abs(W2).max(axis=1, keepdims=True) * A1.err.max(axis=0))
    Z3 = rounded(at.Z[3].value, np.abs(W3) @ g("sigmoid")(Z2).err)
    assert noises(at, 1).tolist() == (2 * np.sum(cube(Z3), axis=0)).tolist()


# --- the complex step -------------------------------------------------------------------------------------------------
def enclosed(found: Bounds, *values: float) -> bool:
    return all(abs(found.value[0] - value) <= found.err[0] for value in values)


def sharp(found: Bounds, value: float, err: float = 0.0) -> bool:
    """Value and error to a few last places."""
    return bool(
        abs(found.value[0] - value) <= 2.0**-44 * abs(value)
        and err <= found.err[0] <= err + 2.0**-40 * (abs(value) + err)
    )


def test_a_slope_by_the_complex_step_is_enclosed_to_the_last_places_through_all_layers() -> None:
    W2, W3 = np.array([[1.0, -2.0], [3.0, 0.5]]), np.array([[2.0, 1.0], [-1.0, 4.0]])
    at = moved(Cubic, [1.0, -0.5], ("linear",) * 3, [[1.0], [0.5]], W2, W3)
    for l, V in ((1, W3 @ W2), (2, W3), (3, np.eye(2))):
        units, examples = np.array([0, 1, 1]), np.array([1, 0, 1])
        found, kinked = slopes(at, l, units, examples)
        assert found.shape == kinked.shape == (3,)
        assert not kinked.any()
        for n, (i, k) in enumerate(zip(units, examples, strict=True)):
            assert sharp(found[n : n + 1], float(np.sum(3 * at.Z[3].value[:, k] ** 2 * V[:, i])))


def test_of_the_last_layer_each_column_has_its_own_label() -> None:
    """dL/dz is a − y, with either form of the loss."""
    z, labels = np.array([[0.5, 2.0, -3.0], [-0.25, 0.75, 1.0]]), np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    at = base(np.ones((1, 3)), labels, {"W1": np.zeros((2, 1)), "b1": np.zeros((2, 1))}, ("sigmoid",), False)
    at = replace(at, Z={1: Bounds.of(z)}, A={**at.A, 1: g("sigmoid")(Bounds.of(z))})
    units, examples = np.array([0, 1, 1, 0]), np.array([1, 2, 0, 2])
    found, _ = slopes(at, 1, units, examples)
    seen = differences(at, 1, units, examples, noises(at, 1))
    assert found.shape == seen.values.shape == (4,)
    for n, here in enumerate(zip(units, examples, strict=True)):
        want = float(1 / (1 + np.exp(-z[here])) - labels[here])
        assert sharp(found[n : n + 1], want)
        assert abs(seen.values[n] - want) <= seen.errors[n] <= 2.0**-30


@pytest.mark.parametrize(
    ("name", "left"), [("relu", 0.0), ("leaky_relu", 0.01), ("relu_left", 0.0), ("leaky_relu_left", 0.01)]
)
def test_at_its_own_kink_a_slope_is_enclosed_from_one_side_to_the_other(name: str, left: float) -> None:
    """Above it everything is in proportion to the slope there: 4·12, from the right, and `left` of it."""
    at = moved(Cubic, [0.0, 1.0], (name, "linear"), [[1.0], [2.0]], [[4.0, 1.0]])
    at = replace(
        at, Z={1: at.Z[1], 2: Bounds.of(np.array([[2.0, 6.0]]))}, A={**at.A, 2: Bounds.of(np.array([[2.0, 6.0]]))}
    )
    found, kinked = slopes(at, 1, np.array([0, 0]), np.array([0, 1]))
    assert kinked.tolist() == [True, False]
    right = 4 * 3 * 2.0**2
    assert sharp(found[:1], right * (1 + left) / 2, right * (1 - left) / 2)
    assert sharp(found[1:], 4 * 3 * 6.0**2)


def test_on_a_kink_what_the_slope_itself_may_be_off_by_is_enclosed_too() -> None:
    """Above it z is 2, give or take 1/2: from the right the slope is 4·3·1.5² to 4·3·2.5², and from the left 0."""
    at = moved(Cubic, [0.0], ("relu", "linear"), 1.0, 4.0)
    wide = Bounds(np.array([[2.0]]), np.array([[0.5]]))
    found, _ = slopes(replace(at, Z={**at.Z, 2: wide}, A={**at.A, 2: wide}), 1, np.array([0]), np.array([0]))
    assert enclosed(found, 12 * 2.5**2, 12 * 1.5**2, 0.0)
    assert found.err[0] <= (27 + 48 + 27) / 2 * (1 + 2.0**-20), "half of the slope and its error, and again"


def test_a_kink_above_is_told_of_the_columns_that_reach_it() -> None:
    """Unit 0 of layer 2 is at 0 in the first example; and within its bound, unit 1 in the second."""
    at = moved(Cubic, [0.0, 1.0], ("linear", "relu", "linear"), [[1.0], [1.0]], np.ones((2, 2)), [[1.0, 0.0]])
    units, examples = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    for value, err, kinked in (
        ([[0.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [True, True, False, False]),
        ([[0.5, -0.5], [1.0, 1.0]], [[0.25, 0.25], [0.0, 1.0]], [False, False, True, True]),
    ):
        near = replace(at, Z={**at.Z, 2: Bounds(np.array(value), np.array(err))})
        assert slopes(near, 1, units, examples)[1].tolist() == kinked


def test_a_kink_is_open_where_its_bound_holds_it_and_the_step_reaches_it() -> None:
    at = moved(Cubic, [1.0], ("linear", "relu"), 1.0, 1.0)
    z = Bounds(np.array([0.5, -0.5, 0.5, 0.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.25, 0.0, 0.0, 0.0]))
    step = Bounds(np.array([1.0, -1.0, 1.0, 0.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 0.0, 1.0, 0.0]))
    assert on_kink(at, 2, Sided(z, step)).tolist() == [True, True, False, False, True, True]
    assert on_kink(at, 1, Sided(z, step)).tolist() == [False] * 6


@pytest.mark.parametrize(
    "names", [("tanh", "linear", "sigmoid"), ("linear", "tanh", "linear"), ("tanh", "relu", "tanh")]
)
def test_within_a_distance_every_slope_there_is_enclosed(names: tuple[str, ...]) -> None:
    W2, W3 = np.array([[4.0, -0.25], [0.125, 8.0]]), np.array([[4.0, 0.125], [-0.25, 2.0]])
    at = moved(Cubic, [0.25, -0.5], names, [[0.5], [0.25]], W2, W3)
    for l in (1, 2, 3):
        for i, k in np.ndindex(2, 2):
            here, d = (np.array([i]), np.array([k])), 2.0**-6
            found, _ = slopes(at, l, *here, within=np.array([d]))
            for t in (-d, -d / 2, 0.0, d / 2, d):
                value = at.Z[l].value.copy()
                value[i, k] += t
                Z, A = {l: value}, {l: g(names[l - 1])(value)}
                for n in range(l + 1, 4):
                    Z[n] = (W2, W3)[n - 2] @ A[n - 1]
                    A[n] = g(names[n - 1])(Z[n])
                near = replace(
                    at,
                    Z={**at.Z, **{n: Bounds.of(z) for n, z in Z.items()}},
                    A={**at.A, **{n: Bounds.of(a) for n, a in A.items()}},
                )
                exact, _ = slopes(near, l, *here)
                assert enclosed(found, float(exact.value[0]))
            assert found.err[0] < 2.0**12
            assert (found.err >= slopes(at, l, *here)[0].err).all()


def test_a_unit_far_on_its_flat_side_keeps_its_own_activation() -> None:
    for name, slope in (("leaky_relu", 0.01), ("relu", 0.0), ("linear", 1.0)):
        at = moved(Cubic, [-1000.0, 1.0], (name, "linear"), 1.0, 1.0)
        at = replace(
            at, Z={**at.Z, 2: Bounds.of(np.array([[2.0, 2.0]]))}, A={**at.A, 2: Bounds.of(np.array([[2.0, 2.0]]))}
        )
        found, _ = slopes(at, 1, np.array([0]), np.array([0]))
        assert sharp(found, 12 * slope) or slope == 0 == found.value[0]


def test_only_where_its_exponential_overflows_a_sigmoid_takes_its_sound_form() -> None:
    """At 0 that form has two kinks that cancel, and its slope there would be a set."""
    for z in (0.0, -700.0, np.nextafter(-700, -800), -1000.0):
        at = moved(Cubic, [z, -1000.0], ("sigmoid", "linear"), 1.0, 1.0)
        Z = Sided(at.Z[1], Bounds.of(np.ones((1, 2))))
        found = activated("sigmoid", Z)
        want = (sigmoid_sound if z < -700 else g("sigmoid"))(Sided(Bounds.of(np.array([z])), Bounds.of(np.ones(1))))
        for part, other in zip(found.parts, want.parts, strict=True):
            assert (part.value[0, 0], part.err[0, 0]) == (other.value[0], other.err[0])


# --- all columns ------------------------------------------------------------------------------------------------------
def test_all_columns_are_those_of_either_oracle_and_at_a_kink_the_whole_enclosure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("verify.units.base.BLOCK", 2)
    at = moved(Cubic, [0.0, 1.0, -2.0], ("leaky_relu", "linear"), [[1.0], [0.5], [-1.0]], [[4.0, 1.0, 2.0]])
    at = replace(at, Z={**at.Z, 1: Bounds(at.Z[1].value, np.full((3, 3), 2.0**-60))})
    found = columns(at, 1)
    noise = noises(at, 1)
    assert (found.crossed, found.kinked.dtype) == (3, np.dtype(bool))
    assert found.kinked.tolist() == [[True, False, False]] * 3
    for i, k in np.ndindex(3, 3):
        here = np.array([i]), np.array([k])
        exact, kinked = slopes(at, 1, *here)
        seen = differences(at, 1, *here, noise)
        assert (found.by_complex_step.value[i, k], found.by_complex_step.err[i, k]) == (exact.value[0], exact.err[0])
        assert found.kinked[i, k] == kinked[0]
        if seen.crossed[0]:
            hull, _ = slopes(at, 1, *here, within=seen.steps)
            want = hull.value[0], hull.err[0]
        else:
            want = seen.values[0], up(seen.errors + exact.err)[0]
        assert (found.by_differences.value[i, k], found.by_differences.err[i, k]) == want


def test_a_column_that_is_not_known_is_0_give_or_take_anything() -> None:
    for kind in (Walled, Endless):
        at = moved(kind, [1.0, 0.5], ("linear",), 1.0)
        found = columns(at, 1).by_differences
        assert (found.value[0, 0], found.err[0, 0]) == (0, inf)
        assert found.value[0, 1] != 0 or kind is Endless
    whole, kinked = bounded(moved(Endless, [1.0, 0.5], ("linear",), 1.0), 1)
    assert (whole.value.tolist(), whole.err.tolist(), kinked.tolist()) == ([[0, 0]], [[inf, inf]], [[False, False]])


def test_only_what_is_finite_and_of_a_finite_error_is_known() -> None:
    found = known(np.array([2.0, 2.0, nan, inf]), np.array([1.0, inf, 1.0, 1.0]))
    assert (found.value.tolist(), found.err.tolist()) == ([2, 0, 0, 0], [1, inf, inf, inf])


class Endless(Cubic):
    """Infinite, and not only where rounding makes it so."""

    def loss(self, Z: Any, A: Any, here: Any = ...) -> Any:
        return A * inf


# --- from columns to gradients ----------------------------------------------------------------------------------------
def layer(bounded: bool = False, kinked: Any = ((0, 0), (0, 0), (0, 0))) -> Layer:
    A_prev = np.array([[1.0, 2.0], [0.0, -4.0], [0.0, 0.0], [0.5, 0.0]])
    value = np.array([[2.0, 4.0], [-8.0, 16.0], [1.0, 1.0]])
    slopes = Bounds(value, np.full((3, 2), 2.0**-10)), Bounds(2 * value, np.full((3, 2), 2.0**-9))
    given = Bounds.of(A_prev) if bounded else A_prev
    return Layer(given, slopes, np.array(kinked, dtype=bool), Bounds(value, np.full((3, 2), 2.0**-5)))


@pytest.mark.parametrize("bounded", [False, True])
def test_gradients_are_the_means_of_slopes_times_what_the_weights_multiply(bounded: bool) -> None:
    at, part = layer(bounded), slice(1, 3)
    (dW, error), (twice, _) = at.wanted("dW3", part)
    A_prev, value = np.array([[1.0, 2.0], [0.0, -4.0], [0.0, 0.0], [0.5, 0.0]]), np.array([[-8.0, 16.0], [1.0, 1.0]])
    assert dW.tolist() == (value @ A_prev.T / 2).tolist()
    assert twice.tolist() == (2 * dW).tolist()
    least = 2.0**-10 * np.abs(A_prev).sum(axis=1) / 2
    assert ((least <= error) & (error <= least * (1 + 2.0**-20) + 2.0**-40)).all()
    (db, error), _ = at.wanted("db3", part)
    assert db.tolist() == [[4.0], [1.0]]
    assert ((error >= 2.0**-10) & (error <= 2.0**-10 * (1 + 2.0**-20))).all()
    for name, wide in (("dW3", 2.0**-5 * np.abs(A_prev).sum(axis=1) / 2), ("db3", np.full(1, 2.0**-5))):
        rounding = at.rounding(name, part)
        assert rounding.shape == (2, len(wide))
        assert ((wide <= rounding) & (rounding <= wide * (1 + 2.0**-20) + 2.0**-40)).all()


@pytest.mark.parametrize("bounded", [False, True])
def test_a_kink_is_felt_by_b_and_by_the_weights_of_what_is_not_0_in_its_example(bounded: bool) -> None:
    at = layer(bounded, ((1, 0), (0, 1), (0, 0)))
    if bounded:  # whatever rounding may have done to it
        at = replace(at, A_prev=Bounds(at.A_prev.value, np.abs(at.A_prev.value)))
    assert at.felt("dW3", slice(0, 2)).tolist() == [[True, False, False, True], [True, True, False, False]]
    assert at.felt("dW3", slice(2, 3)).tolist() == [[False] * 4]
    assert at.felt("db3", slice(0, 3)).tolist() == [[True], [True], [False]]
    assert layer(bounded, ((1, 1), (0, 0), (0, 0))).felt("dW3", slice(0, 1)).tolist() == [[True, True, False, True]]
    assert at.felt("dW3", slice(2, 3)).dtype == bool


def test_a_gradient_is_judged_some_rows_at_a_time_and_at_least_one(monkeypatch: pytest.MonkeyPatch) -> None:
    at = layer(kinked=((0, 1), (0, 0), (0, 0)))
    value = np.array([[2.0, 4.0], [-8.0, 16.0], [1.0, 1.0]])
    sharp = Bounds(value, np.full((3, 2), 2.0**-40))
    at = replace(at, slopes=(sharp, sharp), dZ=sharp)
    mine = value @ at.A_prev.T / 2
    whole = Elements("dW3", 3, (3, 4), 0)
    judge(whole, mine, at, None)
    asked: list[int] = []

    class Noted(Elements):
        def judge(self, first: int, *rest: Any) -> None:
            asked.append(first)
            super().judge(first, *rest)

    for few in (1, 8):
        monkeypatch.setattr("verify.units.layer.AT_ONCE", few)
        asked.clear()
        parts = Noted("dW3", 3, (3, 4), 0)
        judge(parts, mine, at, None)
        assert repr(vars(parts)) == repr(vars(whole))
        assert asked == ([0, 1, 2] if few == 1 else [0, 2])


def test_a_pass_from_elsewhere_grants_its_own_value_rounding_and_kinks() -> None:
    here, there = layer(kinked=((0, 0), (0, 1), (0, 0))), layer(kinked=((1, 0), (0, 0), (0, 0)))
    there = replace(there, slopes=there.slopes[1:])  # twice as much
    one = Elements("dW3", 3, (3, 4), 0)
    mine = there.wanted("dW3", slice(0, 3))[0][0]
    judge(one, mine, here, there)
    want, error = there.wanted("dW3", slice(0, 3))[0]
    limit = error + there.rounding("dW3", slice(0, 3))
    assert one.figures[A].max_abs == 0
    assert one.figures[A].widest == limit.max()
    assert one.kinks == 2 + 2, "two of either"
    assert want.tolist() == mine.tolist()
