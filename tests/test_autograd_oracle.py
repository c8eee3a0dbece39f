"""PyTorch's autograd as an oracle: the truth lies within the ladder's error, and no trap of the graph trips it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.oracle_nets import DEEP, blindness, net, sees, use, weighs
from tests.test_complex_step import slope_at
from verify.arithmetic.balls import Balls, precision
from verify.arithmetic.duck import Unsupported
from verify.errors import UserError
from verify.oracles.autograd import CUT, autograd
from verify.oracles.estimate import Estimate

Array = np.ndarray[Any, Any]
Function = Callable[[Any], Any]

TORCH: dict[str, Function] = {
    "tanh": torch.tanh, "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p,
    "sqrt": torch.sqrt, "sin": torch.sin, "cos": torch.cos, "sinh": torch.sinh, "cosh": torch.cosh,
    "square": lambda x: x**2, "cube": lambda x: x**3, "reciprocal": lambda x: 1 / x, "sigmoid": torch.sigmoid,
    "softplus": F.softplus, "swish": F.silu, "offset by 1e8": lambda x: torch.tanh(x) + 1e8,
    "half lost": lambda x: (x + 1e8) - 1e8, "a hundred orders down": lambda x: 1e-100 * torch.tanh(x),
    "a hundred orders up": lambda x: 1e100 * torch.tanh(x),
}  # fmt: skip
POINTS = (
    0.0, 5e-324, 1e-310, 1e-100, 1e-30, 1e-12, 1e-5, 1e-3, 0.1, 0.5, 1.0, 2.0, 3.7, 12.0, 40.0, 100.0, 710.0, 1e3, 1e8,
    1e16, 1e100, 1e300,
)  # fmt: skip
ORDINARY = (0.1, 0.5, 1.0, 2.0, 3.7)


def at(reference: Function, x: float, dtype: str = "float64") -> Estimate:
    """The derivative of one function at one number."""

    def named(x: Any) -> Any:
        return reference(x)

    with np.errstate(all="ignore"):
        return autograd(named, {"x": np.array([x], dtype=dtype)}, ["x"], np.ones(1))


@pytest.mark.parametrize("name", TORCH)
def test_the_true_derivative_lies_within_the_error_wherever_one_is_stated(name: str) -> None:
    for x in (*POINTS, *(-p for p in POINTS)):
        found = at(TORCH[name], x)
        exact = slope_at(name, x)
        if not exact.is_finite().all():
            assert found.skipped["x"].all(), f"{x} lies outside the domain"
        assert use(found, "x", exact) <= 1, f"at {x}"
        if found.skipped["x"].any():
            assert len(found.notes) == 1
            assert found.notes[0].startswith("x: 1 of 1 elements skipped, the first at [0]: ")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [name for name in TORCH if not name.startswith("a hundred orders")])
def test_where_nothing_is_extreme_the_estimate_is_sharp_in_either_precision(name: str, dtype: str) -> None:
    for x in ORDINARY:
        found = at(TORCH[name], x, dtype)
        exact = slope_at(name, float(np.dtype(dtype).type(x)))
        assert found.gradients["x"].dtype == dtype
        assert not found.skipped["x"].any(), f"at {x}: {found.notes}"
        assert use(found, "x", exact) <= 1, f"at {x}"
        assert blindness(found, "x", exact) <= {"float64": 1e-12, "float32": 1e-3}[dtype]


@pytest.mark.parametrize("x", [20.0, 36.5, 40.0, 710.0, -710.0])
def test_a_saturated_sigmoid_is_skipped_but_what_pytorch_computed_stands(x: float) -> None:
    found = at(torch.sigmoid, x)
    assert found.skipped["x"].all()
    assert np.isinf(found.errors["x"]).all()
    tensor = torch.tensor([x], dtype=torch.float64, requires_grad=True)
    torch.sigmoid(tensor).backward()
    assert tensor.grad is not None
    assert found.gradients["x"].tolist() == tensor.grad.tolist()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(20))
def test_gradients_of_nets_lie_within_the_error(seed: int, dtype: str) -> None:
    one = net([1, seed], dtype, high=3.0)
    found = autograd(one.reference, one.inputs, list(one.inputs), one.dout.astype(dtype))
    exact = one.exact()
    assert one.deepest() < DEEP
    for name in one.inputs:
        assert found.gradients[name].dtype == dtype
        assert use(found, name, exact[name]) <= 1


@pytest.mark.parametrize("seed", range(10))
def test_a_gradient_wrong_by_1e_10_of_its_tensor_is_outside_the_error(seed: int) -> None:
    one = net([2, seed], low=0.1, high=1.0)
    sees(autograd(one.reference, one.inputs, list(one.inputs), one.dout), one, 1e-10)


def test_every_weight_of_the_upstream_gradient_counts_and_is_divided_by_the_scale() -> None:
    weighs(autograd, lambda x: torch.tanh(x), 1e-12, torch.from_numpy)  # noqa: PLW0108  # tanh takes no name


# --- how inputs arrive ------------------------------------------------------------------------------------------------


def test_dictionaries_numbers_integers_words_and_views_are_taken_as_they_come() -> None:
    W = np.arange(6.0).reshape(2, 3).T / 7
    assert not W.flags.c_contiguous

    def reference(x: Any, p: Any, power: int, kind: str, rows: Any) -> Any:
        assert isinstance(p["steps"], torch.Tensor)
        assert (p["steps"].dtype, rows.dtype) == (torch.int64, torch.int64)
        assert (power, kind, p["word"]) == (2, "tanh", "w")
        return (torch.tanh(p["W"] @ x) ** power * p["scale"])[rows]

    inputs = {
        "x": np.array([0.4, -0.3]), "p": {"W": W, "scale": np.float64(2.5), "steps": np.array([1, 2]), "word": "w"},
        "power": 2, "kind": "tanh", "rows": np.array([2, 0]),
    }  # fmt: skip
    found = autograd(reference, inputs, ["x", "p.W", "p.scale"], np.array([3.0, 1.0]))
    with precision(300):
        Wb, xb, dout = Balls.of(W), Balls.of(inputs["x"]), Balls.of(np.array([1.0, 0.0, 3.0]))
        t = np.tanh(Wb @ xb)
        dZ = dout * 5 * t * (1 - t * t)
        exact = {"x": Wb.T @ dZ, "p.W": np.outer(dZ, xb), "p.scale": np.sum(dout * t * t)}
    for name, want in exact.items():
        assert use(found, name, want) <= 1
        assert blindness(found, name, want) <= 1e-12


@pytest.mark.parametrize(
    "view", [lambda x: x.T, lambda x: x[::-1], lambda x: x[:, ::2], lambda x: np.broadcast_to(x[:1], (4, 3))]
)
def test_a_view_of_an_array_gives_the_gradient_of_what_it_shows(view: Callable[[Array], Array]) -> None:
    x = view(np.linspace(-1, 1, 12).reshape(4, 3))
    found = autograd(lambda x: x * x, {"x": x}, ["x"], np.ones(x.shape))
    assert found.gradients["x"].tolist() == (2 * x).tolist()


def test_a_read_only_input_is_no_obstacle_and_no_input_is_written_to() -> None:
    x = np.array([0.3, 0.4])
    x.flags.writeable = False
    k = np.array([2.0, 3.0])

    def reference(x: Any, k: Any) -> Any:
        k *= 2
        return x * k

    found = autograd(reference, {"x": x, "k": k}, ["x"], np.ones(2))
    assert found.gradients["x"].tolist() == [4.0, 6.0]
    assert k.tolist() == [2.0, 3.0]


def test_an_empty_leaf_and_a_single_number_keep_their_shapes() -> None:
    inputs = {"x": np.zeros((0, 3)), "s": np.array(0.5)}
    found = autograd(lambda x, s: x.sum() + s**2, inputs, ["x", "s"], np.array(1.0))
    assert found.gradients["x"].shape == (0, 3)
    assert (found.gradients["s"].shape, found.gradients["s"].item()) == ((), 1.0)


# --- traps of the graph -----------------------------------------------------------------------------------------------


def test_an_unused_input_has_the_gradient_zero_exactly_and_a_note() -> None:
    inputs = {"x": np.array([0.3]), "y": np.ones((2, 2)), "z": np.ones(1)}
    found = autograd(lambda x, y, z: torch.tanh(x) + 0 * z, inputs, ["x", "y", "z"], np.ones(1))
    assert found.gradients["y"].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert found.errors["y"].tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert not found.skipped["y"].any()
    assert found.notes[0] == "y does not influence the output; its gradient is 0"
    assert not any(note.startswith("x") for note in found.notes)
    # z takes part, so its zero is a computed one, of which nothing is known.
    assert found.skipped["z"].all()


def test_a_reference_that_touches_no_input_has_gradients_zero_and_raises_nothing() -> None:
    found = autograd(lambda x: torch.ones(3, dtype=torch.float64), {"x": np.ones(2)}, ["x"], np.ones(3))
    assert found.gradients["x"].tolist() == [0.0, 0.0]
    assert found.notes == ("x does not influence the output; its gradient is 0",)


def without_grad(x: Any) -> Any:
    with torch.no_grad():
        return torch.tanh(x)


def guarded(x: Any) -> Any:
    if not (x > 0).all() or not (x < 1).all():
        raise ValueError("outside (0, 1)")
    return torch.log(x.detach())


@pytest.mark.parametrize(
    "reference",
    [
        without_grad, guarded, lambda x: torch.tanh(x.detach()),
        lambda x: torch.from_numpy(np.tanh(x.detach().numpy())),
        lambda x: torch.tensor(torch.tanh(x).tolist(), dtype=x.dtype), lambda x: torch.sigmoid(x.detach() * 400),
    ],
)  # fmt: skip
def test_a_reference_that_hides_its_graph_is_no_exact_zero(reference: Function) -> None:
    found = autograd(
        lambda x, y: reference(x) + y, {"x": np.array([0.3, 0.2]), "y": np.ones(2)}, ["x", "y"], np.ones(2)
    )
    assert found.skipped["x"].all()
    assert np.isinf(found.errors["x"]).all()
    assert found.notes[0] == f"x: 2 of 2 elements skipped, the first at [0]: {CUT}"
    assert found.gradients["y"].tolist() == [1.0, 1.0]
    assert not found.skipped["y"].any()


def test_an_input_without_a_path_whose_moves_the_reference_refuses_is_skipped() -> None:
    def reference(x: Any, y: Any) -> Any:
        if x.sum() != 1:
            raise ValueError("no distribution")
        return y * y

    found = autograd(reference, {"x": np.array([0.5, 0.5]), "y": np.ones(2)}, ["x", "y"], np.ones(2))
    assert found.skipped["x"].all()


def test_an_unused_input_beside_random_numbers_still_has_no_influence() -> None:
    found = autograd(
        lambda x, y: x * torch.rand(2, dtype=x.dtype), {"x": np.ones(2), "y": np.zeros(2)}, ["x", "y"], np.ones(2)
    )
    assert found.notes[0] == "y does not influence the output; its gradient is 0"
    assert not found.skipped["y"].any()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_a_caller_that_has_switched_gradients_off_gets_them_all_the_same(mode: Callable[[], Any]) -> None:
    with mode():
        found = autograd(lambda x: x * x, {"x": np.array([0.5])}, ["x"], np.ones(1))
    assert found.gradients["x"].tolist() == [1.0]
    assert not found.skipped["x"].any()


def test_a_reference_that_keeps_its_graph_between_calls_is_differentiated_anew_each_time() -> None:
    kept: list[Any] = []

    def reference(x: Any) -> Any:
        kept.append(torch.exp(x))
        return kept[-1] * kept[-1] + (0 if len(kept) == 1 else 0 * kept[0].sum().detach())

    for _ in range(2):
        found = autograd(reference, {"x": np.array([0.3])}, ["x"], np.ones(1))
        with precision(300):
            assert use(found, "x", 2 * np.exp(2 * Balls.of(np.array([0.3])))) <= 1


def test_a_reference_with_parameters_of_its_own_leaves_no_gradient_in_them() -> None:
    weight = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    found = autograd(lambda x: x * weight.to(x.dtype), {"x": np.array([0.3])}, ["x"], np.ones(1))
    assert found.gradients["x"].tolist() == [2.0]
    assert weight.grad is None


def test_an_intermediate_that_is_overwritten_in_place_is_followed() -> None:
    found = autograd(lambda x: (x * 1).mul_(3).add_(1), {"x": np.array([0.5, 2.0])}, ["x"], np.ones(2))
    assert found.gradients["x"].tolist() == [3.0, 3.0]


def test_an_input_used_twice_collects_both_paths() -> None:
    found = autograd(lambda x: torch.cat([x, x * x]), {"x": np.array([0.5])}, ["x"], np.array([1.0, 10.0]))
    assert found.gradients["x"].tolist() == [11.0]


def test_an_output_that_is_not_contiguous_is_weighted_element_by_element() -> None:
    dout = np.arange(6.0).reshape(3, 2)
    found = autograd(lambda x: x.T, {"x": np.ones((2, 3))}, ["x"], dout)
    assert found.gradients["x"].tolist() == dout.T.tolist()


def test_beside_a_gradient_that_widens_its_dtype_nothing_is_stated() -> None:
    found = autograd(lambda x: x.double() * 2, {"x": np.array([0.3], dtype=np.float32)}, ["x"], np.ones(1))
    assert found.gradients["x"].dtype == np.float32  # PyTorch gives a leaf's gradient in the leaf's dtype
    assert use(found, "x", Balls.of(np.array([2.0]))) <= 1


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (lambda x: (x, x), "returns a tuple"), (lambda x: {"out": x}, "returns a dict"),
        (lambda x: 1.0, "returns a float"), (lambda x: x.detach().numpy(), "returns a ndarray"),
        (lambda x: (x > 0).sum(), r"returns a torch\.int64"), (lambda x: x > 0, r"returns a torch\.bool"),
        (lambda x: x * 1j, r"returns a torch\.complex"), (lambda x: None, "NoneType"),
    ],
)  # fmt: skip
def test_a_reference_that_returns_no_floating_tensor_is_refused(reference: Function, said: str) -> None:
    with pytest.raises(Unsupported, match=said):
        autograd(reference, {"x": np.ones(3)}, ["x"], np.ones(3))


def test_an_upstream_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(UserError, match=r"dout has shape \(2,\)"):
        autograd(lambda x: x * 2, {"x": np.ones(3)}, ["x"], np.ones(2))


@pytest.mark.parametrize(("name", "said"), [("z", "there is no input 'z'"), ("k", "which has no derivative")])
def test_what_has_no_derivative_is_refused(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        autograd(lambda x, k: x * k, {"x": np.ones(3), "k": np.arange(3)}, [name], np.ones(3))


def test_the_same_call_gives_the_same_errors() -> None:
    one = net(5)
    first, second = (autograd(one.reference, one.inputs, list(one.inputs), one.dout, seed=3) for _ in range(2))
    assert all(first.errors[name].tolist() == second.errors[name].tolist() for name in one.inputs)
