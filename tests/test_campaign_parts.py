"""The campaign's declared domain, its faults, and what it makes of rows: each by itself, on a few numbers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from verify.campaign import kinds, nets, pairs, trial, wrong
from verify.campaign.reasons import reason
from verify.campaign.wrong import Wrong
from verify.catalogue import CATALOGUE
from verify.network import Layer
from verify.records.discrepancy import Discrepancy
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS
from verify.setting import Setting

HALF, WHOLE = 2.0**127, 2.0**128  # the largest float32 lies between the two
ROOT = 2.0**64


def inside(
    activations: str = "relu relu", *, x: Any = 0, w1: Any = 0, b1: Any = 0, w2: Any = 0, b2: Any = 0, dout: Any = 0
) -> bool:
    """Of a network of two layers of one unit each, in float32."""
    given = {"X": x, "W1": w1, "b1": b1, "W2": w2, "b2": b2}
    inputs = {name: np.atleast_2d(np.asarray(value, float)) for name, value in given.items()}
    return nets.holds(inputs, np.atleast_2d(np.asarray(dout, float)), activations.split(), "float32")


@pytest.mark.parametrize(
    ("least", "most"),
    [
        ({"x": ROOT / 2, "w1": ROOT}, {"x": -ROOT, "w1": ROOT}),  # Z1
        ({"x": HALF, "w1": 1, "b1": 0}, {"x": -HALF, "w1": 1, "b1": HALF}),
        ({"x": HALF, "w1": 1, "w2": 1}, {"x": HALF, "w1": 1, "w2": -2}),  # Z2
        ({"b2": HALF, "w2": 1}, {"b2": -HALF, "w2": 1, "b1": HALF}),
        ({"x": ROOT, "w1": 1, "dout": ROOT / 2}, {"x": ROOT, "w1": 1, "dout": -ROOT}),  # dW2
        ({"dout": [[HALF]]}, {"x": [[0, 0]], "dout": [[HALF, -HALF]]}),  # db2
        ({"w2": ROOT, "dout": ROOT / 2}, {"w2": -ROOT, "dout": ROOT}),  # dA1
        ({"x": ROOT / 2, "w2": 2.0**32, "dout": 2.0**32}, {"x": ROOT, "w2": 2.0**32, "dout": 2.0**32}),  # dW1
        ({"x": [[0]], "w2": 1, "dout": [[HALF]]}, {"x": [[0, 0]], "w2": 1, "dout": [[HALF, HALF]]}),  # db1
        ({"w1": ROOT, "w2": 2, "dout": ROOT / 4}, {"w1": -ROOT, "w2": 2, "dout": ROOT / 2}),  # dX
        ({"x": HALF}, {"x": WHOLE}),  # no float32
        ({"x": HALF, "w1": 1}, {"x": float(np.finfo(np.float32).max), "w1": 1}),
    ],
)
def test_the_domain_of_a_pass_ends_where_any_sum_of_magnitudes_reaches_the_largest_float(
    least: dict[str, Any], most: dict[str, Any]
) -> None:
    assert inside(**least)
    assert not inside(**most)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "linear", "leaky_relu"])
def test_an_output_of_sigmoid_and_tanh_is_at_most_1_whatever_comes_in(name: str) -> None:
    assert inside(f"{name} relu", x=HALF, w1=1, w2=2) == (name in ("sigmoid", "tanh"))
    assert not inside(f"relu {name}", x=HALF, w1=1, w2=2)
    assert inside(f"{name} relu", x=HALF, w1=1, dout=2) == (name in ("sigmoid", "tanh"))


def test_the_gradient_of_a_bias_is_summed_over_examples_and_not_over_units() -> None:
    zero = np.zeros((2, 1))
    given = {"X": np.zeros((1, 1)), "W1": zero, "b1": zero}
    assert nets.holds(given, np.array([[HALF], [HALF]]), ("relu",), "float32")


def test_a_tenth_of_the_networks_have_a_dead_layer_and_a_third_no_bias() -> None:
    rng = np.random.default_rng(0)
    found = [nets.layers(rng, (1, 1, 1), "plain", "float64") for _ in range(300)]
    patterns = ["".join("0" if not x.any() else "." for x in layers.values()) for layers in found]
    counted = {kind: patterns.count(kind) for kind in sorted({*patterns}, key=patterns.index)}
    assert counted == {
        "....": 191,
        ".0.0": 93,
        "00.0": 3,
        "0...": 6,
        "..0.": 5,
        ".000": 2,
    }  # W1 b1 W2 b2, 0 where it is all 0


def test_of_far_numbers_log_sum_exp_and_its_gradient_stay_finite_row_by_row() -> None:
    made = pairs.log_sum_exp(np.random.default_rng(0), np.zeros)
    x = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    assert made["forward"](x).tolist() == [1000.0, np.log(2.0) - 1000]
    assert made["backward"](np.array([2.0, 4.0]), x).tolist() == [[2.0, 0.0], [2.0, 2.0]]


# --- what is made wrong -----------------------------------------------------------------------------------------------
G = np.array([[1.0, -4.0], [2.0, 0.5]])


def test_a_fault_multiplies_the_whole_gradient_or_one_element_in_its_own_precision() -> None:
    assert wrong.FACTORS == {
        "element × 1.001": 1.001, "all × 1.01": 1.01, "sign": -1.0, "halved": 0.5, "zeroed": 0.0,
        "element × 1.00001": 1.00001,
    }  # fmt: skip
    found = Wrong("W", "halved")({"b": G, "W": G})
    assert [*found] == ["b", "W"]
    assert found["b"] is G
    assert found["W"].tolist() == (G / 2).tolist()
    assert Wrong("W", "sign", 2).spoilt(G).tolist() == [[1.0, -4.0], [-2.0, 0.5]]
    for dtype in (np.float32, np.float64):
        assert Wrong("W", "all × 1.01").spoilt(G.astype(dtype)).dtype == dtype
        assert Wrong("W", "all × 1.01").spoilt(dtype(2)).dtype == dtype
    assert Wrong("W", "all × 1.01").spoilt(np.array([2])).dtype == np.float64
    assert Wrong("W", "all × 1.01").spoilt(2.0) == 2.02


def test_a_fault_is_drawn_for_a_gradient_that_is_finite_and_not_0_and_for_its_largest_element() -> None:
    rng = np.random.default_rng(0)
    right = {"zero": 0 * G, "far": np.array([[1.0, np.inf]]), "W": G}
    drawn = [wrong.drawn(rng, right) for _ in range(40)]
    assert {fault.name for fault in drawn if fault} == {"W"}
    assert {(fault.what, fault.at) for fault in drawn if fault} == {
        (what, 1 if what.startswith("element") else None) for what in wrong.FACTORS
    }
    assert wrong.drawn(rng, {"zero": 0 * G}) is None
    assert wrong.drawn(rng, {}) is None


# --- what became of it ------------------------------------------------------------------------------------------------
ROW = Discrepancy("f", "dW1", "formula", "certificate", PASS, seed=3)


@pytest.mark.parametrize(
    ("change", "at", "became"),
    [
        ({}, None, PASS),
        ({"question": "agreement"}, None, PASS),
        ({"question": "arithmetic"}, None, INCONCLUSIVE),
        ({"quantity": "dW2"}, None, INCONCLUSIVE),
        ({"verdict": INCONCLUSIVE}, None, INCONCLUSIVE),
        ({"verdict": FAIL, "quantity": "dW2", "question": "arithmetic"}, None, FAIL),
        ({"skipped": 2}, None, PASS),
        ({}, 0, PASS),
        ({"skipped": 2}, 0, INCONCLUSIVE),
    ],
)
def test_a_fault_passed_where_a_row_about_it_passes_that_saw_its_element(change: Any, at: Any, became: str) -> None:
    assert trial.outcome((replace(ROW, **change),), Wrong("W1", "sign", at)) == became


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        ("", "no reason given"),
        ("b1: 1 of 2 elements skipped, the first at [0]: noise; W1: 2 of 4 elements skipped, the first at [0, 1]: kink",
         "elements skipped: kink"),
        ("b1: 1 of 2 elements skipped, the first at [0]: noise", "elements skipped: noise"),
        ("2 of 4 elements skipped, the first at [0, 1]: kink; the rest", "the rest"),
        ("W1: 2 of 4 elements skipped, the first at [0, 1]: kink; too coarse by 3.5e-07; more", "too coarse by N"),
        ("(3, 4) is not [0, 12]: 1 of -17 and nan, x_2, W3, 1e5 or 0", "[…] is not […]: 1 of N and N, x_2, W3, N or 0"),
    ],
)  # fmt: skip
def test_the_reason_of_a_row_is_the_first_that_is_its_own_or_of_all(finding: str, why: str) -> None:
    assert reason(replace(ROW, finding=finding)) == why


def test_the_gradients_of_a_trial_are_counted_once_a_case() -> None:
    rows = (ROW, replace(ROW, oracle="exact"), replace(ROW, case="other"), replace(ROW, quantity="db1"))
    assert trial.Trial(1, "pair", "plain", "float64", "relu", rows).gradients == 3


# --- a number, and what is asked of it --------------------------------------------------------------------------------
def test_a_number_that_is_not_mirrored_has_no_fault_and_before_it_is_judged_no_rows() -> None:
    found = trial.trial(14)
    assert (found.fault, found.mirrored, found.mirror) == ("", "", ())
    assert found.rows
    assert trial.drawn(14)[0] == replace(found, rows=())


@pytest.mark.parametrize(("number", "dtype"), [(27, "float32"), (112, "float64"), (86, "float64"), (138, "float32")])
def test_a_network_is_judged_in_its_precision_with_its_number_as_seed_and_no_source_is_looked_into(
    number: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(kinds, "judge", lambda *given: asked.append(given) or [])
    _, posed, _ = trial.drawn(number)
    for fault in (None, Wrong("X", "sign")):
        assert posed.judged(fault) == []
    (problem, setting), (wrong_one, again) = asked
    assert again == setting == Setting(number, (dtype,), source=False)
    assert replace(wrong_one, backward=problem.backward) == problem


def noted(monkeypatch: pytest.MonkeyPatch, name: str, answer: Any = ()) -> list[Any]:
    """What the module's function of that name is called with, from now on."""
    asked: list[Any] = []

    def note(*given: Any, **named: Any) -> Any:
        asked.append((given, named))
        return answer

    monkeypatch.setattr(kinds, name, note)
    return asked


# One array, several, a cache, constants beside the inputs, the loss with its gradients, not of every input.
@pytest.mark.parametrize(
    ("number", "convention"),
    [(16, "sum"), (12, "sum"), (187, "notes"), (80, "sum"), (73, "sum"), (35, "sum"), (119, "sum"), (289, "sum")],
)
def test_a_pair_is_put_to_check_with_its_number_and_all_the_time_that_it_needs(
    number: int, convention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = noted(monkeypatch, "check")
    found, posed, _ = trial.drawn(number)
    right = posed.right()
    fault = Wrong(next(iter(right)), "halved")
    assert posed.judged(None) == posed.judged(fault) == []
    (_, told), (_, again) = asked
    options = ("convention", "seed", "seconds", "source")
    assert [told[key] for key in options] == [again[key] for key in options] == [convention, number, 600, False]
    assert {x.dtype for x in told["inputs"].values()} == {np.dtype(found.dtype)}
    changed = "forward" if told.get("loss") else "backward"
    assert {key for key in told if told[key] is not again[key]} == {changed}
    given = [*told["inputs"].values(), *told.get("constants", {}).values()]
    out, spoilt = told["forward"](*given), again["forward"](*given)
    if changed == "backward":
        out, caches = (out[0], out[1:]) if isinstance(out, tuple) else (out, ())
        spoilt = (out, again["backward"](np.ones(np.shape(out)), *(caches or given)))
    assert [*spoilt[1]] == [*right] == told.get("wrt", [*told["inputs"]])
    for name, g in right.items():
        assert np.array_equal(spoilt[1][name], g / 2 if name == fault.name else g)


def test_a_row_is_examined_for_its_derivative_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = noted(monkeypatch, "examine")
    found, posed, _ = trial.drawn(88)
    assert posed.judged(None) == ()  # type: ignore[comparison-overlap]
    (((row, setting), named),) = asked
    assert (row.id, setting, named) == (found.what, Setting(88, ("float64",), source=False), {"only": "derivative"})
    assert posed.right() == {}
    assert {row.id for row in kinds.DERIVATIVES} == {row.id for row in CATALOGUE if "derivative" in row.checks}


@pytest.mark.parametrize("number", [147, 120, 2**31 + 13])
def test_a_walk_is_that_of_a_small_network_with_one_layer_replaced(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = noted(monkeypatch, "walk", SimpleNamespace(rows=()))
    rng = np.random.default_rng(number)
    posed = kinds.of_walk(rng, "plain", "float32", number)
    assert posed.judged(None) == posed.judged(Wrong("b1", "halved")) == posed.judged(Wrong("W1", "sign", 0)) == []
    ((data, sizes), told), (_, of_b), (_, of_W) = asked
    *names, last = told["activations"]
    assert (posed.what, last) == (f"{'-'.join(map(str, sizes))} {' '.join((*names, 'sigmoid'))}", "sigmoid")
    assert (sizes[-1], len(sizes) - 1, told["seed"], told["replaced"]) == (1, len(names) + 1, number % 2**31, {})
    assert (data.name, data.X_train.shape[0], {*data.Y_train.ravel()} <= {0.0, 1.0}) == ("drawn", sizes[0], True)
    assert (data.X_test is data.X_train, data.Y_test is data.Y_train, data.Y_train.dtype) == (True, True, np.float64)
    assert (data.image_shape, data.source, data.licence, data.note) == (None, "", "", "")
    assert data.Y_train.shape == (1, data.X_train.shape[1])
    assert np.array_equal(data.X_train.astype(np.float32), data.X_train)
    dZ, A = np.array([[1.0, 2.0]]), np.array([[4.0, 8.0], [16.0, 32.0]])
    plain, one, other = Layer(), of_b["replaced"][1], of_W["replaced"][1]
    assert one.db(dZ).tolist() == (plain.db(dZ) / 2).tolist()
    assert one.dW is plain.dW
    assert other.dW(dZ, A).tolist() == (plain.dW(dZ, A) * [[-1, 1]]).tolist()
    assert [*posed.right()] == [f"{k}{l}" for l in range(1, len(sizes)) for k in "Wb"]


def test_every_parameter_is_asked_about_and_a_forward_that_is_not_finite_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = noted(monkeypatch, "exhaustive", SimpleNamespace(rows=()))
    posed = kinds.of_exhaustive(np.random.default_rng(1), "plain", "float32", 1)
    assert posed.judged(None) == posed.judged(Wrong("b1", "sign")) == []
    ((X, Y, parameters, names, right), _), ((*same, wrong_one), _) = asked
    assert all(a is b for a, b in zip(same, (X, Y, parameters, names), strict=True))
    assert [*right] == [*wrong_one] == [f"d{k}" for k in parameters]
    assert wrong_one["db1"].tolist() == (-right["db1"]).tolist()
    assert {*Y.ravel()} <= {0.0, 1.0}
    assert all(np.array_equal(x.astype(np.float32), x) for x in (X, *parameters.values()))
    assert (Y.shape[1], names[-1]) == (X.shape[1], "sigmoid")
    for module in (kinds, nets):
        monkeypatch.setattr(module, "numbers", lambda rng, shape, how, dtype: np.full(shape, 1e200))
    asked.clear()
    with np.errstate(all="ignore"):
        far = kinds.of_exhaustive(np.random.default_rng(1), "plain", "float64", 1)
        assert (far.what, far.judged(None), far.right(), asked) == (posed.what, [], {}, [])


def test_a_sketch_is_of_the_whole_gradient_and_a_fault_is_put_where_it_can_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = noted(monkeypatch, "sketch", SimpleNamespace(verdict=PASS, notes=("one", "two")))
    posed = kinds.of_sketch(np.random.default_rng(4), "plain", "float32", 9)
    (row,), (other,) = posed.judged(None), posed.judged(Wrong("W1", "sign"))
    assert row == Discrepancy("sketch", "gradient", "formula", "sketch", PASS, finding="one; two", seed=9)
    assert other == replace(row, quantity="dW1")
    ((function, right, x), named), ((_, wrong_one, _), _) = asked
    assert named == {"seed": 9}
    assert all(np.array_equal(v.astype(np.float32), v) for v in x.values())
    assert wrong_one["W1"].tolist() == (-right["W1"]).tolist()
    step = 2.0**-20
    for name, g in right.items():
        moved = {k: v + step * np.sign(g) if k == name else v for k, v in x.items()}
        slope = (function(*moved.values()) - function(*x.values())) / step
        assert f"{slope:.2g}" == f"{np.sum(abs(g)):.2g}"
    sizes = {k: float(np.max(np.abs(g) * np.maximum(np.abs(x[k]), np.mean(np.abs(x[k]))))) for k, g in right.items()}
    assert {*posed.right()} <= {k for k in sizes if sizes[k] > 0}
    assert max(sizes, key=lambda k: sizes[k]) in posed.right()


def test_a_gradient_times_its_inputs_beyond_floats_is_not_sketched() -> None:
    x = {"a": np.array([0.5, -1e75]), "b": np.array([0.5])}
    assert kinds.holds_norm({"a": np.array([-9e74]), "b": np.array([9e149])}, x)
    assert not kinds.holds_norm({"a": np.array([2e75]), "b": np.array([1.0])}, x)
    assert not kinds.holds_norm({"a": np.array([1.0]), "b": np.array([1.0, -1e150])}, x)
    for lost in (np.nan, np.inf):
        assert not kinds.holds_norm({"a": np.array([1.0]), "b": np.array([1.0, lost])}, x)
        assert not kinds.holds_norm({"a": np.array([lost]), "b": np.array([1.0])}, x)
