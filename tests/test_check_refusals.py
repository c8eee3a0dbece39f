"""What `handgrad.check` cannot tell, or use, is one sentence that names the way out; and what newcomers met."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from handgrad import check
from tests.own_pairs import (
    A_PREV,
    LABELS,
    SCORES,
    X9,
    B,
    Forward,
    W,
    normal,
    only,
    product,
    refuse,
    softmax_loss,
    tanh_backward,
)
from verify.errors import UserError
from verify.records.verdict import FAIL, INCONCLUSIVE, PASS

# --- what cannot be told, or used -------------------------------------------------------------------------------------
NAN, INFINITE = X9.copy(), SCORES.copy()
NAN[3], INFINITE[2, 1] = np.nan, -np.inf


@pytest.mark.parametrize(
    ("match", "inputs"),
    [
        (r"inputs is missing; give the arrays by name, .* inputs=\{'W': W, 'x': x\}", None),
        (r"inputs is missing", {}),
        (r"x holds nan at \[3\]; give finite numbers", {"x": NAN}),
        (r"x holds -inf at \[2, 1\]; give finite numbers", {"x": INFINITE}),
        (
            r"no input is a floating array, .*: x is an array of int64; give NumPy arrays of float64",
            {"x": np.arange(9)},
        ),
        (r"no input is a floating array", {"x": [1.0, 2.0]}),
        (r"no input is a floating array", {"x": X9 + 0j}),
        (r"x has shape \(3, 0\), which holds no element; give at least one example", {"x": np.zeros((3, 0))}),
        (
            r"the inputs are of dtypes float32, float64; give dtype='float64' or dtype='float32'",
            {"x": X9, "z": X9.astype(np.float32)},
        ),
        (r"the inputs are of dtypes float16; give dtype=", {"x": X9.astype(np.float16)}),
    ],
)
def test_inputs_that_cannot_be_differentiated_are_one_sentence(match: str, inputs: dict[str, Any] | None) -> None:
    refuse(match, np.tanh, tanh_backward, inputs)


def test_mixed_precisions_are_judged_in_the_one_that_is_given() -> None:
    inputs = {"x": X9, "z": normal(9, seed=1).astype(np.float32)}
    for dtype in ("float64", "float32"):
        report = check(lambda x, z: x * z, lambda d, x, z: (d * z, d * x), inputs, dtype=dtype)
        assert report.verdict == PASS
        assert {row.dtype for row in only(report, question="arithmetic")} == {dtype}


@pytest.mark.parametrize(
    ("match", "more"),
    [
        (
            r"no oracle is called 'certificat' \(did you mean 'certificate'\?\); there are 'certificate', 'proof', ",
            {"oracles": ["certificat"]},
        ),
        (r"no oracle is called 'guess'; there are ", {"oracles": ["certificate", "guess"]}),
        (r"no floating input is called 'X_train' \(did you mean 'x_train'\?\)", {"wrt": ["X_train"]}),
        (r"no input is called 'y'; there are 'x_train'", {"domain": {"y": (0, 1)}}),
        (
            r"no convention is called 'note' \(did you mean 'notes'\?\); there are 'sum', 'notes'",
            {"convention": "note"},
        ),
        (
            r"no value of returns is called 'out,cache' \(did you mean 'out, cache'\?\); there are 'out', 'out, cache'",
            {"returns": "out,cache"},
        ),
        (
            r"no dtype is called 'float16' \(did you mean 'float64'\?\); there are 'float64', 'float32'",
            {"dtype": "float16"},
        ),
        (
            r"dout has shape \(3,\), but forward's output has shape \(9,\); the two must be equal",
            {"dout": np.ones(3)},
        ),
        (r"dout has shape \(\), but", {"dout": 1.0}),
        (
            r"returns='out, cache' was given, but forward returned an array of shape \(9,\)",
            {"returns": "out, cache"},
        ),
        (r"backward was given with loss=True", {"loss": True}),
    ],
)
def test_an_argument_that_means_nothing_is_one_sentence_with_the_nearest_that_does(
    match: str, more: dict[str, Any]
) -> None:
    refuse(match, np.tanh, tanh_backward, {"x_train": X9}, **more)


@pytest.mark.parametrize(
    ("match", "forward", "backward"),
    [
        (
            r"forward returned two arrays, which may be \(out, cache\) or two outputs; give returns='out, cache'",
            lambda x: (np.tanh(x), x), tanh_backward,
        ),
        (r"forward returned two arrays", lambda x: (np.tanh(x), 0.5), tanh_backward),
        (r"forward returned a tuple of 3; return one array, or \(out, cache\)", lambda x: (x, x, x), tanh_backward),
        (r"forward's output is of dtype int64; a gradient needs floating numbers", np.argsort, tanh_backward),
        (r"forward's output is of dtype object", lambda x: None, tanh_backward),
        (r"backward is missing; give it, or loss=True", np.tanh, None),
        (
            r"backward returned 2 gradients for the 1 inputs x; give wrt=\[\.\.\.\] with the names",
            np.tanh, lambda d, x: (d, d),
        ),
        (
            r"backward returned a dict with the keys dy, grad; it wants dx",
            np.tanh, lambda d, x: {"dy": d, "grad": d},
        ),
        (r"backward returned no gradient for any of x; return them in the order", np.tanh, lambda d, x: None),
    ],
)  # fmt: skip
def test_what_the_two_functions_return_is_never_guessed(match: str, forward: Forward, backward: Forward | None) -> None:
    refuse(match, forward, backward, {"x": X9})


def test_an_ambiguous_tuple_is_told_apart_by_returns_alone() -> None:
    def forward(x: Any) -> Any:
        out = np.tanh(x)
        return out, out

    def backward(dout: Any, cache: Any) -> Any:
        return dout * (1 - cache**2)

    assert check(forward, backward, {"x": X9}, returns="out, cache").verdict == PASS
    refuse(r"give returns='out, cache'", forward, backward, {"x": X9})
    # A cache that is no array cannot be a second output.
    assert check(lambda x: (np.tanh(x), (np.tanh(x),)), lambda d, c: backward(d, c[0]), {"x": X9}).verdict == PASS


def test_one_gradient_too_few_is_one_sentence_that_asks_for_wrt() -> None:
    refuse(
        r"backward returned 1 gradients for the 2 inputs W, x; give wrt=\[\.\.\.\] with the names that they belong to",
        product, lambda d, W, x: d @ x.T, {"W": W, "x": A_PREV},
    )  # fmt: skip


def test_an_upstream_gradient_of_a_loss_is_refused() -> None:
    refuse(
        r"dout was given with loss=True; a loss has no upstream gradient: leave dout out",
        softmax_loss, None, {"x": SCORES}, constants={"y": LABELS}, loss=True, dout=np.ones(()),
    )  # fmt: skip


def test_an_error_raised_by_the_users_own_code_is_not_swallowed() -> None:
    def backward(dout: Any, x: Any) -> Any:
        raise KeyError("W3")

    with pytest.raises(KeyError, match="W3"):
        check(np.tanh, backward, {"x": X9})


# --- what a newcomer met ----------------------------------------------------------------------------------------------
def test_a_gradient_under_a_name_that_belongs_to_none_is_asked_about() -> None:
    def backward(d: Any, W: Any, b: Any) -> dict[str, Any]:
        return {"dW": d, "grad_b": d.sum(1, keepdims=True)}

    refuse("no gradient for b, but grad_b", lambda W, b: W + b, backward, {"W": W, "b": B})


def test_an_input_without_a_gradient_is_said_to_be_unchecked() -> None:
    report = check(lambda W, x: W @ x, lambda d, W, x: (d @ x.T, None), {"W": W, "x": A_PREV})
    assert report.verdict == PASS
    assert "dx: no gradient for it was asked for, or came back" in str(report)


def test_a_layer_that_keeps_its_inputs_is_told_how_to_be_wrapped() -> None:
    class Layer:
        def forward(self, x: Any, W: Any) -> Any:
            self.x, self.W = x, W
            return x @ W

        def backward(self, dout: Any) -> Any:
            return dout @ self.W.T, self.x.T @ dout

    layer, given = Layer(), {"x": normal(2, 3), "W": normal(3, 2)}
    with pytest.raises(UserError, match=r"backward cannot be called with dout, x, W .*layer\.backward\(dout\)"):
        check(layer.forward, layer.backward, given)

    def whole(dout: Any, x: Any, W: Any) -> Any:
        layer.forward(x, W)
        return layer.backward(dout)

    assert check(layer.forward, whole, given).verdict == PASS


def test_integer_inputs_need_no_gradient() -> None:
    def softmax_loss(x: Any, y: Any) -> Any:
        p = np.exp(x - x.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        n = np.arange(x.shape[0])
        dx = p.copy()
        dx[n, y] -= 1
        return -np.log(p[n, y]).sum() / x.shape[0], dx / x.shape[0]

    assert check(softmax_loss, inputs={"x": normal(4, 3), "y": np.array([0, 2, 1, 1])}, loss=True).verdict == PASS


def test_a_loss_that_comes_second_is_named() -> None:
    refuse(
        "wants \\(loss, gradients\\), in this order",
        lambda x: ({"dx": 2 * x}, (x**2).sum()),
        None,
        {"x": X9},
        loss=True,
    )


def test_several_outputs_are_asked_to_be_put_together() -> None:
    refuse("putting several outputs together", lambda x: ((x, 2 * x), (x,)), tanh_backward, {"x": X9})


def test_a_dropout_mask_is_the_same_in_every_run_and_the_global_generator_goes_on() -> None:
    def forward(x: Any) -> Any:
        mask = (np.random.rand(*x.shape) < 0.5) / 0.5  # noqa: NPY002
        return x * mask, (mask,)

    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert check(forward, lambda dout, cache: dout * cache[0], {"x": X9}).verdict == PASS
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize("value", [np.nan, 1e60, 1e-40])
def test_one_element_of_a_loop_without_a_budget_is_never_a_pass(value: float) -> None:
    def looped(dout: Any, x: Any) -> Any:
        g = np.zeros(x.shape)
        for i in range(x.size):
            g[i] = 2 * x[i] * dout[i]
        g[3] = value
        return g

    assert check(lambda x: x**2, looped, {"x": X9}).verdict != PASS


def test_a_reference_is_called_by_the_names_of_its_arguments() -> None:
    report = check(
        lambda k, x: x**k, lambda d, k, x: d * k * x ** (k - 1), {"x": X9}, constants={"k": 3},
        reference=lambda k, x: x**k,
    )  # fmt: skip
    assert report.verdict == PASS
    assert only(report, oracle="autograd", verdict=PASS)


def test_nested_inputs_of_the_caller_stay_as_they_are() -> None:
    kept = {"W": np.ones((2, 2))}

    def forward(x: Any, p: Any) -> Any:
        p["W"] *= 2
        return p["W"] @ x

    check(forward, lambda d, x, p: 2 * p["W"].T @ d, {"x": normal(2, 3), "p": kept})
    assert kept["W"].tolist() == [[1, 1], [1, 1]]


def test_writing_into_the_cache_is_named() -> None:
    def backward(dout: Any, cache: Any) -> Any:
        (x,) = cache
        x[:] = 1 - np.tanh(x) ** 2
        return dout * x

    report = check(lambda x: (np.tanh(x), (x,)), backward, {"x": X9})
    assert any("backward overwrites its cache" in row.finding for row in report.rows)


@pytest.mark.parametrize(
    ("match", "more"),
    [
        ("dout is 0 everywhere", {"dout": np.zeros(9)}),
        ("dout holds a number that is not finite", {"dout": np.full(9, np.nan)}),
        ("wrt is empty", {"wrt": []}),
        ("seed is -1", {"seed": -1}),
        ("seconds is 0", {"seconds": 0}),
        ("the domain of x is 3", {"domain": {"x": 3}}),
        ("no oracle is called 'certificat'", {"oracles": "certificat"}),
    ],
)
def test_arguments_out_of_their_range_are_one_sentence(match: str, more: dict[str, Any]) -> None:
    refuse(match, np.tanh, tanh_backward, {"x": X9}, **more)


def test_inputs_that_are_no_mapping_are_one_sentence() -> None:
    refuse("inputs is a list; give the arrays by name", np.tanh, tanh_backward, [X9])


def hinge(slack: float) -> Forward:
    """Row examples; the gradient is made of constants alone, thirds among them."""

    def loss(x: Any, y: Any) -> Any:
        hot = (np.arange(x.shape[1]) == y[:, None]) * 1.0
        margins = np.maximum(0, x - np.sum(x * hot, axis=1, keepdims=True) + 1) * (1 - hot)
        over = (margins > 0) * 1.0
        return np.sum(margins) / 3, (over - hot * np.sum(over, axis=1, keepdims=True)) / 3 * slack

    return loss


def test_a_gradient_of_constants_is_asked_of_the_constants_that_were_meant() -> None:
    given = {"inputs": {"x": normal(3, 4)}, "constants": {"y": np.array([0, 3, 1])}, "loss": True}
    assert check(hinge(1.0), **given).verdict == PASS
    assert check(hinge(1 + 1e-12), **given).verdict == FAIL


@pytest.mark.parametrize(("keep", "verdict"), [(0.7, PASS), (0.7001, FAIL)])
def test_a_mask_that_widens_float32_makes_no_right_gradient_fail(keep: float, verdict: str) -> None:
    """NumPy computes on in float64, where 0.7 is another number than in float32."""
    report = check(
        lambda x, mask: x * mask / 0.7,
        lambda dout, x, mask: dout * mask / keep,
        inputs={"x": normal(3, 4).astype(np.float32)},
        constants={"mask": (normal(3, 4, seed=1) > 0) * 1.0},
    )
    assert report.verdict == verdict
    assert any("widened" in row.finding for row in report.rows)


def test_an_infinity_for_what_no_float_can_hold_is_no_fail_and_one_for_what_it_can_is() -> None:
    x = np.array([3e37, 1.0], dtype=np.float32)
    squares = check(lambda x: x**2, lambda dout, x: dout * x * 2, {"x": x}, dout=np.array([16.0, 1.0]))
    assert {row.verdict for row in only(squares, question="arithmetic")} == {PASS}
    detour = check(lambda x: x**2, lambda dout, x: dout * x * 32 / 16, {"x": x}, dout=np.array([2.0, 1.0]))
    assert {row.verdict for row in only(detour, question="arithmetic")} == {FAIL}


@pytest.mark.parametrize(("slope", "verdict"), [(-1.0, INCONCLUSIVE), (-2.0, FAIL)])
def test_where_the_choices_at_kinks_are_too_many_no_difference_speaks_for_all_of_them(
    slope: float, verdict: str
) -> None:
    """relu(−relu(x)) is flat at 0, and −1 a right choice all the same: 24 kinks are more than are tried one by one."""
    report = check(
        lambda x: np.sum(np.maximum(0, -np.maximum(0, x)), keepdims=True),
        lambda dout, x: dout * slope * (np.arange(12) < 11) * np.ones(12),
        {"x": np.zeros(12)},
    )
    said = {row.oracle: row.verdict for row in report.rows if row.question == "formula"}
    assert said["certificate"] == said["differences"] == verdict


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, PASS), (1.001, FAIL), (0.5, FAIL), (-1.0, FAIL)])
def test_a_gradient_that_is_0_to_128_bits_beside_a_large_one_is_no_free_pass(factor: float, verdict: str) -> None:
    """1 − tanh² is 0 ± 2⁻¹²⁸ there, and any multiple of it overlaps with a derivative of 1e-286."""
    report = check(
        lambda x, y: np.tanh(x) + y,
        lambda dout, x, y: (dout * (1 - np.tanh(x) ** 2) * factor, dout),
        inputs={"x": np.array([330.0, 340.0]), "y": np.ones(2)},
    )
    assert [row.verdict for row in only(report, quantity="dx", oracle="certificate")] == [verdict]


def test_a_choice_at_a_kink_is_right_beside_a_gradient_that_stays_undecided() -> None:
    """tanh′ at 1e12 is 0 to any number of bits; relu′ at 0 was called wrong before its choices were looked at."""

    def given(slope: float) -> str:
        report = check(
            lambda x, y: np.maximum(0, x) + np.tanh(y),
            lambda dout, x, y: (dout * np.where(x > 0, 1.0, slope), dout * (1 - np.tanh(y) ** 2)),
            inputs={"x": np.zeros(2), "y": np.array([1e12, 2e12])},
        )
        (row,) = only(report, quantity="dx", oracle="certificate")
        return row.verdict

    assert given(1.0) != FAIL
    assert given(0.5) != FAIL
    assert given(1.5) == FAIL
