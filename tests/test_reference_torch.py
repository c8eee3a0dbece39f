"""The PyTorch definitions: same names and shapes as `manual`, no derivative in them, exact where numbers are exact.

How closely the two sides agree elsewhere is for the verification to say, with its derived budgets.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import reference_torch
from reference_torch import (
    activations,
    broadcasting,
    collapse,
    deep,
    graph,
    images,
    logistic,
    losses,
    shallow,
    training,
)
from reference_torch import shallow_descent as descent
from tests.manual_samples import arguments, arrays, modules

NAMES = [m.name for m in pkgutil.iter_modules(reference_torch.__path__)]
TWINS = [name for name in NAMES if name in modules()]  # slopes, which makes autograd a definition, has none
MODULES = {name: importlib.import_module(f"reference_torch.{name}") for name in NAMES}


def public(module: Any) -> dict[str, Callable[..., Any]]:
    return {
        name: f for name, f in vars(module).items()
        if inspect.isfunction(f) and f.__module__ == module.__name__ and not name.startswith("_")
    }  # fmt: skip


PAIRS = [
    (f"{name}.{f}", getattr(modules()[name], f), definition)
    for name in TWINS
    for f, definition in public(MODULES[name]).items()
    if (name, f) != ("graph", "J")
]


def tensors(tree: Any) -> Any:
    """The same arguments for PyTorch."""
    if isinstance(tree, dict):
        return {name: tensors(value) for name, value in tree.items()}
    return torch.as_tensor(np.array(tree)) if isinstance(tree, np.ndarray | np.generic) else tree


@pytest.mark.parametrize(("name", "by_hand", "definition"), PAIRS, ids=[p[0] for p in PAIRS])
def test_a_definition_has_the_name_and_the_arguments_of_the_hand_written_one(
    name: str, by_hand: Callable[..., Any], definition: Callable[..., Any]
) -> None:
    mine, theirs = (dict(inspect.signature(f).parameters) for f in (by_hand, definition))
    # The formulas that a loop by hand is made of (its step) are no arguments of PyTorch's, which brings its own.
    mine = {name: p for name, p in mine.items() if not inspect.isfunction(p.default)}
    assert list(mine) == list(theirs)
    assert [p.default for p in mine.values()] == [p.default for p in theirs.values()]


RUNNABLE = [p for p in PAIRS if "formula" in vars(p[1])]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("name", "by_hand", "definition"), RUNNABLE, ids=[p[0] for p in RUNNABLE])
def test_a_definition_gives_the_shapes_and_keeps_the_dtype_and_its_inputs(
    name: str, by_hand: Callable[..., Any], definition: Callable[..., Any], dtype: str
) -> None:
    inputs = arguments(by_hand, dtype)
    given = tensors(inputs)
    found = flat(definition(**given))
    assert {str(x.dtype) for x in found} == {f"torch.{dtype}"}
    assert all(np.array_equal(t.numpy(), x) for t, x in zip(flat(given), arrays(inputs), strict=True))
    assert not any(t.requires_grad for t in flat(given))
    if name == "deep.forward":  # by name there, with caches here
        AL, caches = by_hand(**inputs)
        found, want = found[-1:] + found[::2], [AL, *(cache.Z for cache in caches)]
    elif name == "blocks.block_forward":
        A, cache = by_hand(**inputs)
        want = [A, cache.Z]
    else:
        want = list(arrays(by_hand(**inputs)))
    assert [tuple(x.shape) for x in found] == [x.shape for x in want]


def flat(tree: Any) -> list[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        return [tree]
    values = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list | tuple) else ()
    return [x for value in values for x in flat(value)]


@pytest.mark.parametrize("name", sorted(set(TWINS) - {"training", "shallow_descent"}))
def test_a_definition_holds_no_derivative(name: str, root: Path) -> None:
    tree = ast.parse((root / "reference_torch" / f"{name}.py").read_text("utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    assert not [n for n in names if any(word in n for word in ("grad", "backward", "derivative", "prime", "jac"))]
    assert not names & {f"d{x}" for x in ("Z", "A", "W", "b", "w", "z", "a", "Z1", "Z2", "W1", "W2", "b1", "b2")}


def test_autograd_of_the_graph_gives_the_figures_of_the_notes() -> None:
    point = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (5, 3, 2)]
    u, v, J = graph.forward(*point)
    assert (u.item(), v.item(), J.item(), graph.J(*point).item()) == (6, 11, 33, 33)
    slopes = torch.autograd.grad(J, [v, point[0], u, point[1], point[2]])
    assert [s.item() for s in slopes] == [3, 3, 3, 6, 9]


def test_exact_numbers_come_out_exactly() -> None:
    z = torch.tensor([-4.0, -0.5, 0.0, 2.0])
    assert activations.relu(z).tolist() == [0, 0, 0, 2]
    assert activations.leaky_relu(torch.tensor([-100.0, 0.0, 2.0], dtype=torch.float64)).tolist() == [-1, 0, 2]
    assert [g(z)[2].item() for g in activations.ACTIVATIONS.values()] == [0.5, 0, 0, 0, 0]
    half, one = torch.tensor([0.5, 0.25]), torch.tensor([1.0, 0.0])
    assert losses.squared(half, one).tolist() == [0.125, 0.03125]
    cal, percent = broadcasting.percentage(torch.tensor([[1.0, 3.0], [3.0, 1.0]]))
    assert cal.tolist() == [4, 4]
    assert percent.tolist() == [[25, 75], [75, 25]]
    assert broadcasting.add(torch.ones(2, 1), torch.tensor([[1.0, 2.0]])).tolist() == [[2, 3], [2, 3]]
    X, Y = images.unroll(torch.arange(24.0).reshape(2, 2, 2, 3), torch.tensor([1.0, 0.0]))
    assert X[:, 1].tolist() == list(range(12, 24))
    assert Y.tolist() == [[1, 0]]


def test_columns_are_examples_and_layers_are_named() -> None:
    X = torch.tensor([[1.0, -2.0], [3.0, 4.0]])
    parameters = {
        "W1": torch.tensor([[1.0, 2.0], [0.0, -1.0], [1.0, 1.0]]), "b1": torch.tensor([[0.0], [8.0], [-6.0]]),
        "W2": torch.tensor([[1.0, 1.0, 1.0]]), "b2": torch.tensor([[-10.0]]),
    }  # fmt: skip
    values = deep.forward(X, parameters, ("relu", "linear"))
    assert list(values) == ["Z1", "A1", "Z2", "A2"]
    assert values["Z1"].tolist() == [[7, 6], [5, 4], [-2, -4]]
    assert values["A2"].tolist() == [[2, 0]]
    assert collapse.mixed(X, parameters, ("relu", "linear")).tolist() == [[2, 0]]
    W1, b1, W2, b2 = parameters.values()
    assert shallow.forward(X, W1, b1, W2, b2, "relu")[2].tolist() == [[2, 0]]
    w, b = torch.tensor([[2.0], [-1.0]]), torch.tensor(1.0)
    assert logistic.forward(X, w, b)[0].tolist() == [[0, -7]]
    assert logistic.predict(X[:, :1], w, b).tolist() == [[0.5]]


@pytest.mark.parametrize("y_hat", [1e-30, 1e-300])
def test_cross_entropy_is_not_clamped_near_0(y_hat: float) -> None:
    x = torch.tensor(y_hat, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(losses.cross_entropy(x, torch.tensor(1.0, dtype=torch.float64)), x)
    assert slope.item() == -1 / y_hat
    clamped = torch.nn.functional.binary_cross_entropy(x, torch.tensor(1.0, dtype=torch.float64))
    assert torch.autograd.grad(clamped, x)[0].item() != -1 / y_hat


def test_the_cost_of_a_confident_network_is_finite_and_so_are_its_slopes() -> None:
    Z = torch.tensor([[1000.0, -1000.0]], requires_grad=True)
    J = losses.cost_sound(Z, torch.tensor([[0.0, 1.0]]))
    assert J.item() == 1000
    assert torch.autograd.grad(J, Z)[0].tolist() == [[0.5, -0.5]]


def test_the_kinks_have_the_slopes_that_the_notes_do_not_choose() -> None:
    for g, slope in ((activations.relu, 0.0), (activations.leaky_relu, 0.01)):
        z = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.grad(g(z), z)[0].item() == slope


def test_a_step_of_SGD_is_exact_on_exact_numbers_and_moves_copies_only() -> None:
    w, b = torch.tensor([[5.0], [1.0]]), torch.tensor(2.0)
    moved = training.step(w, b, torch.tensor([[2.0], [-4.0]]), torch.tensor(8.0), 0.5)
    assert [x.tolist() for x in moved] == [[[4.0], [3.0]], -2.0]
    assert w.tolist() == [[5.0], [1.0]]


def test_shallow_descent_is_training_with_two_layers() -> None:
    inputs = tensors(arguments(modules()["shallow_descent"].descent))
    X, Y, learning_rate, iterations = (inputs.pop(k) for k in ("X", "Y", "learning_rate", "iterations"))
    activation = inputs.pop("activation")
    _, moved = training.train(X, Y, inputs, (activation, "sigmoid"), learning_rate, iterations)
    found = descent.descent(X, Y, **inputs, learning_rate=learning_rate, iterations=iterations, activation=activation)
    assert all(torch.equal(a, b) for a, b in zip(found, moved.values(), strict=True))


def test_the_logits_form_refuses_an_output_that_is_no_sigmoid() -> None:
    one = torch.ones(1, 1)
    with pytest.raises(ValueError, match="the last activation is 'relu'"):
        deep.cost(one, one, {"W1": one, "b1": one}, ("relu",))
