"""The walk's record and rows in full, on networks of a few numbers: each figure by its definition, each sentence whole.

That faults are blamed where they are: tests/test_network.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, isnan
from typing import Any

import numpy as np
import pytest

from manual import blocks
from manual.activations import g
from verify.arithmetic.balls import Balls
from verify.arithmetic.bounds import Bounds, budget
from verify.arithmetic.duck import Straddle
from verify.datasets import Dataset, record
from verify.network import CONVENTION, Layer, Network, start, walk
from verify.oracles.network import torch_pass
from verify.questions import digits, distance
from verify.records.discrepancy import Discrepancy
from verify.records.network import NetworkRecord
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.runs import run

Array = np.ndarray[Any, Any]
SIZES, NAMES, M = (3, 2, 1), ("tanh", "sigmoid"), 4
ORDER = ("Z1", "A1", "Z2", "A2", "J", "dA2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1")
SHAPES = {
    "Z1": (2, 4), "A1": (2, 4), "Z2": (1, 4), "A2": (1, 4), "J": (), "dA2": (1, 4), "dZ2": (1, 4), "dW2": (1, 2),
    "db2": (1, 1), "dA1": (2, 4), "dZ1": (2, 4), "dW1": (2, 3), "db1": (2, 1),
}  # fmt: skip


def data(scale: float = 1.0) -> Dataset:
    X = scale * np.random.default_rng(8).standard_normal((3, M))
    Y = np.array([[1.0, 0.0, 0.0, 1.0]])
    return Dataset("tiny", X, Y, X[:, :1], Y[:, :1], None, "made up", "none needed", "four examples")


def walked(*, of: Dataset | None = None, **layers: Layer) -> NetworkRecord:
    """The walk with formulas of layers replaced: L1=Layer(…)."""
    replaced = {int(name[1:]): layer for name, layer in layers.items()}
    return walk(of or data(), SIZES, activations=NAMES, seed=3, replaced=replaced)


def rows(found: NetworkRecord) -> dict[str, Discrepancy]:
    assert [row.quantity for row in found.rows] == list(ORDER)
    return {row.quantity: row for row in found.rows}


def said(found: NetworkRecord) -> dict[str, tuple[str, str]]:
    """The verdict and the finding of every row that is not a plain pass."""
    told = {name: (row.verdict, row.finding) for name, row in rows(found).items()}
    return {name: what for name, what in told.items() if what != (PASS, "")}


def diagnosed(found: NetworkRecord) -> dict[str, str]:
    """Without how far the numbers are off."""
    return {name: row.diagnosis.partition(" (up to")[0] for name, row in rows(found).items() if row.diagnosis}


def raising(error: Exception) -> Callable[..., Any]:
    def formula(*given: Any) -> Any:
        raise error

    return formula


# --- the record -------------------------------------------------------------------------------------------------------
def test_the_record_is_that_of_the_network_the_data_and_the_two_passes() -> None:
    found, given = walked(), data()
    theirs = torch_pass({"X": given.X_train, "Y": given.Y_train, "parameters": start(SIZES, 3)}, NAMES)
    mine = Network(NAMES, {}).by_hand(given.X_train, given.Y_train, start(SIZES, 3))
    exact = found.cost_exact
    assert repr(replace(found, rows=())) == repr(
        NetworkRecord(
            SIZES, NAMES, M, record(given), 3, "course, but b = randn·0.01", "float64", float(mine["J"]),
            float(theirs.gradients["J"]), exact, (), CONVENTION,
        )
    )  # fmt: skip
    assert (len(exact), f"{float(exact):.14g}") == (22, f"{found.cost_mine:.14g}")
    assert CONVENTION == (
        "dZ and dA are derivatives of the per-example loss, column i each (of m·J); dW and db are derivatives of J "
        "itself and carry the 1/m. Autograd of J gives dZ/m, so PyTorch's dZ and dA are taken of m·J."
    )


def test_the_weights_at_the_start_are_the_courses_and_the_biases_no_zeros() -> None:
    found, rng = start(SIZES, 3), np.random.RandomState(3)
    W1 = rng.randn(2, 3) / np.sqrt(3)
    W2 = rng.randn(1, 2) / np.sqrt(2)
    wanted = {"W1": W1, "W2": W2, "b1": rng.randn(2, 1) * 0.01, "b2": rng.randn(1, 1) * 0.01}
    assert sorted(found) == sorted(wanted)
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)


def test_the_usual_network_of_seed_0_is_walked_where_nothing_is_said() -> None:
    plain = walk(data(), SIZES)
    assert (plain.activations, plain.seed) == (("relu", "sigmoid"), 0)
    assert repr(plain) == repr(walk(data(), list(SIZES), activations=["relu", "sigmoid"], seed=0, replaced={}))


# --- the figures ------------------------------------------------------------------------------------------------------
SLIGHTLY = 1 + 2.0**-30
NETS = {
    "right": {}, "dW1 a little large": {"L1": Layer(dW=lambda dZ, A: SLIGHTLY * blocks.dW(dZ, A))},
    "Z1 a little large": {"L1": Layer(Z=lambda A, W, b: SLIGHTLY * (W @ A + b))},
}  # fmt: skip


@pytest.mark.parametrize("net", NETS)
def test_every_figure_of_a_row_is_what_its_name_says(net: str) -> None:
    given, parameters = data(), start(SIZES, 3)
    inputs = {"X": given.X_train, "Y": given.Y_train, "parameters": parameters}
    replaced = {int(name[1:]): layer for name, layer in NETS[net].items()}
    network = Network(NAMES, replaced)
    theirs, mine = torch_pass(inputs, NAMES), run(network.by_hand, inputs, "float64")
    fed = {"A0": given.X_train, "Y": given.Y_train, **parameters, **theirs.gradients}
    uncertain = {k: Bounds.of(v, err=theirs.errors.get(k, 0.0)) for k, v in fed.items()}
    for name, row in rows(walked(**NETS[net])).items():
        layer = int(name[-1]) if name != "J" else 0
        value, want, off = mine.value[name], np.asarray(theirs.gradients[name]), theirs.errors[name]
        exact, limit = mine.exact[name], mine.budget[name]
        error = distance(value, exact)
        about = (row.formula, row.question, row.oracle, row.dtype, row.case, row.seed, row.layer, row.shape)
        assert about == ("network", "agreement", "autograd", "float64", "tiny", 3, layer or None, str(SHAPES[name]))
        assert row.convention == ("m·J" if name in ("dA2", "dZ2", "dA1", "dZ1") else "J")
        assert (row.compared, row.skipped, row.source) == (value.size, 0, "")
        assert (row.max_abs, row.used) == (error.max(), (error / limit).max())
        assert row.detects == limit.max() / np.abs(exact.mid()).max()
        # The element shown is the worst, and its numbers are of the three sides.
        at = tuple(int(i) for i in row.at.strip("[]").split(",") if i)
        assert (row.mine, row.want) == (repr(float(value[at])), repr(float(want[at])))
        flat = int(np.ravel_multi_index(at, value.shape)) if at else 0
        assert (row.exact, row.budget) == (exact.text(flat), limit[at])
        assert row.digits_mine == digits(error, np.abs(exact.mid()), "float64")
        assert row.digits_torch == digits(distance(want, exact), np.abs(exact.mid()), "float64")
        assert row.oracle_error == off.max()
        assert row.inherited == (np.abs(value - want) / (limit + off)).max()
        own = np.abs(network.tensor(name, layer, fed) - want)
        wide = budget(Network(NAMES, {}).tensor(name, layer, uncertain)) + off
        assert row.own == (own / wide).max()


# --- what is wrong, in words ------------------------------------------------------------------------------------------
def test_a_wrong_formula_is_named_with_the_likely_mistake_and_what_it_feeds_only_inherits() -> None:
    assert said(walked(L1=Layer(dW=lambda dZ, A: dZ @ A.T))) == {
        "dW1": (FAIL, "own: the formula of dW1 is not PyTorch's")
    }
    below = walked(L2=Layer(dA_prev=lambda W, dZ: 2 * (W.T @ dZ)))
    fed = {name: (FAIL, f"inherited: the formula of {name} is right, what it is fed is not") for name in ORDER[10:]}
    assert said(below) == {"dA1": (FAIL, "own: the formula of dA1 is not PyTorch's"), **fed}
    found = walked(L2=Layer(dZ=lambda *given: -Layer().dZ(*given)))
    fed = {name: (FAIL, f"inherited: the formula of {name} is right, what it is fed is not") for name in ORDER[7:]}
    assert said(found) == {"dZ2": (FAIL, "own: the formula of dZ2 is not PyTorch's"), **fed}
    assert diagnosed(found) == {"dZ2": "diagnosis: dZ[2] has the wrong sign."}
    found = walked(L1=Layer(dW=lambda dZ, A: dZ @ A.T))
    assert diagnosed(found) == {"dW1": "diagnosis: dW[1] is m = 4 times too large: the 1/m is missing."}


@pytest.mark.parametrize("error", [ZeroDivisionError("so"), IndexError("so"), TypeError("so"), ValueError("so")])
def test_a_formula_that_raises_is_blamed_and_of_the_others_nothing_is_known_but_their_own(error: Exception) -> None:
    found = walked(L1=Layer(dW=raising(error)))
    unknown = (INCONCLUSIVE, "not reached: a formula of another tensor does not run")
    assert said(found) == {
        **dict.fromkeys(ORDER, unknown),
        "dW1": (FAIL, f"own: the formula of dW1 raised {type(error).__name__}: so"),
    }
    right = rows(walked())
    for name, row in rows(found).items():
        assert repr(row) == repr(
            Discrepancy(
                "network", name, "agreement", "autograd", row.verdict, layer=right[name].layer, case="tiny", seed=3,
                shape=str(SHAPES[name]), own=inf if name == "dW1" else right[name].own, finding=row.finding,
                convention=right[name].convention,
            )
        )  # fmt: skip
    assert isnan(found.cost_mine)
    assert (found.cost_exact, found.cost_torch) == ("", walked().cost_torch)
    two = walked(L1=Layer(dW=raising(error)), L2=Layer(db=lambda dZ: 3 * dZ))
    assert [name for name, row in rows(two).items() if row.verdict == FAIL] == ["db2", "dW1"]


def test_an_error_that_is_no_formulas_ends_the_walk() -> None:
    with pytest.raises(KeyError, match="W9"):
        walked(L1=Layer(dW=raising(KeyError("W9"))))
    labels = replace(data(), Y_train=np.array([[0.0, 1.0, 2.0, 1.0]]))
    with pytest.raises(ValueError, match="label"):
        walked(of=labels)


def test_another_shape_fails_by_the_formula_that_gives_it_or_by_what_it_is_fed() -> None:
    found = walked(L1=Layer(db=lambda dZ: np.sum(dZ, axis=1) / M))
    assert said(found) == {"db1": (FAIL, "own: by hand db1 has shape (2,), by PyTorch (2, 1)")}
    row = rows(found)["db1"]
    assert (row.shape, row.own, row.compared) == ("(2,)", inf, 0)
    assert row.diagnosis == "diagnosis: db[1] has shape (2,) for (2, 1); its numbers are right. (up to 9e-15)"


def test_another_shape_that_is_handed_on_is_blamed_where_it_began() -> None:
    assert said(walked(L2=Layer(dA_prev=lambda W, dZ: (W.T @ dZ)[None]))) == {
        "dA1": (FAIL, "own: by hand dA1 has shape (1, 2, 4), by PyTorch (2, 4)"),
        "dZ1": (FAIL, "inherited: by hand dZ1 has shape (1, 2, 4), by PyTorch (2, 4)"),
        "dW1": (FAIL, "inherited: by hand dW1 has shape (1, 2, 3), by PyTorch (2, 3)"),
        "db1": (FAIL, "inherited: by hand db1 has shape (1, 1, 4), by PyTorch (2, 1)"),
    }


def test_an_error_of_half_as_much_again_as_its_budget_is_no_rounding() -> None:
    """Of one number, db2: what it may be off by is known from its budget and PyTorch's own error."""
    given = {"X": data().X_train, "Y": data().Y_train, "parameters": start(SIZES, 3)}
    theirs = torch_pass(given, NAMES)
    want, dZ2 = theirs.gradients["db2"], Bounds.of(theirs.gradients["dZ2"], err=theirs.errors["dZ2"])
    limit = budget(blocks.db(dZ2)) + theirs.errors["db2"]

    def off(dZ: Any) -> Any:
        return want + 1.5 * limit if isinstance(dZ, np.ndarray) else blocks.db(dZ)

    row = rows(walked(L2=Layer(db=off)))["db2"]
    assert 1 < row.own < 2
    assert (row.verdict, row.finding) == (FAIL, "own: the formula of db2 is not PyTorch's")


def test_what_is_handed_on_fails_from_its_budget_on_also_where_the_formula_that_began_it_passes() -> None:
    def nearly(k: int) -> dict[str, Discrepancy]:
        return rows(walked(L2=Layer(dZ=lambda *given: (1 + 2.0**-k) * Layer().dZ(*given))))

    found = [row for k in range(45, 53) for row in nearly(k).values() if row.own <= 1]
    judged = {(row.verdict, row.finding == "") for row in found if row.inherited <= 1}
    assert judged == {(PASS, True)}
    beyond = [row for row in found if 1 < row.inherited < 2]
    assert {(row.verdict, row.finding.partition(": ")[0]) for row in beyond} == {(FAIL, "inherited")}


def test_a_shape_is_told_by_its_formula_where_another_one_does_not_run() -> None:
    found = walked(L1=Layer(dW=lambda dZ, A: A @ dZ.T / M), L2=Layer(db=raising(ValueError("so"))))
    assert {name: what for name, what in said(found).items() if what[0] == FAIL} == {
        "dW1": (FAIL, "own: the formula of dW1 gives shape (3, 2), by PyTorch (2, 3)"),
        "db2": (FAIL, "own: the formula of db2 raised ValueError: so"),
    }


def test_without_exact_values_nothing_is_decided_but_the_formulas_own() -> None:
    def spelt(Z: Any, activation: str) -> Any:
        if isinstance(Z, Balls):
            raise Straddle("less cannot be decided")
        return np.tanh(Z)

    found = walked(L1=Layer(A=spelt, dW=lambda dZ, A: dZ @ A.T))
    assert said(found) == {
        **dict.fromkeys(ORDER, (INCONCLUSIVE, "not run: less cannot be decided")),
        "dW1": (FAIL, "own: the formula of dW1 is not PyTorch's"),
    }
    assert found.cost_exact == ""
    assert found.cost_mine == walked().cost_mine


# --- where floats end -------------------------------------------------------------------------------------------------
FAR = data(1e4)


def far(**layers: Layer) -> dict[str, Discrepancy]:
    """One layer, of which the sigmoid is 0 and 1 in floats."""
    replaced = {int(name[1:]): layer for name, layer in layers.items()}
    return {row.quantity: row for row in walk(FAR, (3, 1), seed=3, replaced=replaced).rows}


def test_what_is_lost_where_an_output_has_become_0_or_1_is_named_and_no_fault() -> None:
    given = {"X": FAR.X_train, "Y": FAR.Y_train, "parameters": start((3, 1), 3)}
    mine = run(Network(("sigmoid",), {}).by_hand, given, "float64")
    found = far()
    assert (found["Z1"].verdict, found["Z1"].finding) == (PASS, "")
    theirs = torch_pass(given, ("sigmoid",))
    noted = "; ".join(note for note in theirs.notes if note.startswith("A1:"))
    assert noted.startswith("A1: ")
    assert (found["A1"].verdict, found["A1"].finding) == (INCONCLUSIVE, noted)
    for name in ("J", "dA1", "dZ1", "dW1", "db1"):
        value, exact = mine.value[name], mine.exact[name]
        first = int(np.flatnonzero(~np.isfinite(value))[0])
        at = {"J": "[]", "dA1": f"[0, {first}]", "dZ1": f"[0, {first}]", "dW1": f"[0, {first}]", "db1": "[0, 0]"}[name]
        said = f"{value.ravel()[first]} at {at}, where the exact value is {exact.text(first)}"
        assert found[name].finding == f"{said}: A[1] has become 0 or 1, and the cost is written in it"
        assert found[name].verdict == INCONCLUSIVE
        if not np.isfinite(value).any():
            assert (found[name].compared, found[name].at, found[name].want) == (0, "", "")


def test_what_is_lost_without_an_output_of_0_or_1_is_a_fault() -> None:
    def lost(dZ: Any, A: Any) -> Any:
        return blocks.dW(dZ, A) * (inf if isinstance(dZ, np.ndarray) else 1.0)

    assert said(walked(L1=Layer(dW=lost))) == {"dW1": (FAIL, "own: the formula of dW1 is not PyTorch's")}
    # And with one, what differs beside it is: a Z that was never saturated.
    wrong = far(L1=Layer(Z=lambda A, W, b: 2 * (W @ A + b)))
    assert (wrong["Z1"].verdict, wrong["Z1"].finding) == (FAIL, "own: the formula of Z1 is not PyTorch's")


def test_a_gradient_of_zeros_decides_nothing_and_says_why() -> None:
    empty = "6 of 6 elements skipped, the first at [0, 0]: all of it is 0 in both precisions, perhaps by saturation"
    found = walked(of=replace(data(), X_train=np.zeros((3, M))))
    assert said(found) == {"dW1": (INCONCLUSIVE, f"dW1: {empty}")}
    row = rows(found)["dW1"]
    assert (isnan(row.own), isnan(row.inherited), row.used, row.detects) == (True, True, 0.0, inf)


def test_the_first_element_that_is_lost_is_named_also_where_all_outputs_are_1_but_one() -> None:
    """X of one sign, so that no output is 0; the first example is not saturated."""
    X = FAR.X_train * np.sign(start((3, 1), 3)["W1"] @ FAR.X_train)
    X[:, 0] /= 1e6
    parameters = start((3, 1), 3)
    A = g("sigmoid")(parameters["W1"] @ X + parameters["b1"])
    assert (A[0, 0] < 1, set(A[0, 1:])) == (True, {1.0})
    found = {row.quantity: row for row in walk(replace(FAR, X_train=X), (3, 1), seed=3).rows}
    for name in ("dA1", "dZ1"):  # labels are 1, 0, 0, 1: in the second and third the two are infinite, and exactly too
        assert found[name].verdict == INCONCLUSIVE
        assert found[name].finding.startswith("nan at [0, 3], where the exact value is -")
        assert found[name].finding.endswith(": A[1] has become 0 or 1, and the cost is written in it")
    assert FAIL not in {row.verdict for row in found.values()}


def test_an_error_that_is_not_known_is_told_with_all_that_is_noted_of_it_or_as_such() -> None:
    noted = "A1: {} of 4 elements skipped, the first at {}: float32 "
    rows = {row.quantity: row for row in walk(data(700.0), (3, 1), seed=3).rows}
    assert rows["A1"].finding == (
        f"{noted.format(3, '[0, 0]')}keeps no digit of this tensor; {noted.format(1, '[0, 3]')}underflows or saturates"
    )
    J = {row.quantity: row for row in walk(data(17.0), (3, 1), seed=3).rows}["J"]
    assert (isnan(J.own), isnan(J.inherited)) == (True, False)
    assert (J.verdict, J.finding) == (INCONCLUSIVE, "PyTorch's error is not known for any element")


def test_a_row_that_would_have_seen_too_little_is_no_pass_and_says_how_much() -> None:
    found = walk(data(60.0), SIZES, activations=("sigmoid", "sigmoid"), seed=1)
    row = rows(found)["dZ1"]
    assert max(row.own, row.inherited, row.used) <= 1 < row.detects
    finding = f"it would have seen no error below {row.detects:.1g} × the tensor's largest element"
    assert (row.verdict, row.finding) == (INCONCLUSIVE, finding)
