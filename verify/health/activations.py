"""Sweeps of the activations and of their slopes, over z."""

from __future__ import annotations

from manual import activations, logistic
from reference_torch import activations as definitions
from verify.health.grids import A, Z
from verify.health.slopes import autograd
from verify.health.sweep import Sweep

SIGMOID_SLOPE = activations.sigmoid_derivative_sound

SWEEPS = (
    Sweep("sigmoid", Z, activations.sigmoid, definitions.sigmoid, activations.sigmoid_sound, quantity="σ(z)"),
    Sweep("tanh", Z, activations.tanh, definitions.tanh, activations.tanh_sound, quantity="tanh z"),
    Sweep("relu", Z, activations.relu, definitions.relu, quantity="g(z)"),
    Sweep("leaky_relu", Z, activations.leaky_relu, definitions.leaky_relu, quantity="g(z)"),
    Sweep(
        "sigmoid.slope_in_a", A, logistic.slope_in_a, quantity="da/dz, from a",
        note="PyTorch differentiates in z, and has no such function of a.",
    ),
    Sweep(
        "sigmoid.slope_in_a", Z, lambda z: logistic.slope_in_a(activations.sigmoid(z)), autograd(definitions.sigmoid),
        SIGMOID_SLOPE, quantity="da/dz, from a = σ(z)",
    ),
    Sweep(
        "sigmoid.derivative", Z, activations.sigmoid_derivative, autograd(definitions.sigmoid), SIGMOID_SLOPE,
        quantity="g′(z)",
    ),
    Sweep(
        "tanh.derivative", Z, activations.tanh_derivative, autograd(definitions.tanh),
        activations.tanh_derivative_sound, quantity="g′(z)",
    ),
    Sweep("relu.derivative", Z, activations.relu_derivative, autograd(definitions.relu), quantity="g′(z)"),
    Sweep("relu.derivative.left", Z, activations.relu_derivative_left, autograd(definitions.relu), quantity="g′(z)"),
    Sweep(
        "leaky_relu.derivative", Z, activations.leaky_relu_derivative, autograd(definitions.leaky_relu),
        quantity="g′(z)",
    ),
    Sweep(
        "leaky_relu.derivative.left", Z, activations.leaky_relu_derivative_left, autograd(definitions.leaky_relu),
        quantity="g′(z)",
    ),
)  # fmt: skip
