"""The edges that rows share: where sigmoids saturate, losses blow up, and activations have their kinks."""

from __future__ import annotations

# σ(−40) is 4e-18, e^710 overflows float64, e^89 float32; 37 is where 1 − σ(z) is 0 in float64.
Z_EDGES = {
    "saturated": {
        "z": [-1000.0, -710.0, -89.0, -40.0, -37.0, -20.0, -1e-8, 1e-8, 20.0, 37.0, 40.0, 89.0, 710.0, 1000.0]
    }
}
Z_TINY = {"subnormal": {"z": [5e-324, -5e-324, 1e-310, -1e-310, 1e-45, -1e-45]}}
KINK = {"kink": {"z": [-1.5, 0.0, 2.0, 0.0]}}
_NEAR = [1e-38, 1e-17, 1e-8, 0.5, 1 - 2**-12, 1 - 2**-23]
# Near 0 and near 1, with either label.
A_EDGES = {"near 0 and 1": {"a": [*_NEAR, *_NEAR], "y": [0.0] * 6 + [1.0] * 6}}


def renamed(
    edges: dict[str, dict[str, list[float]]], *rows: bool, **names: str
) -> dict[str, dict[str, list[list[float]] | list[float]]]:
    """The same edges under other names: `renamed(A_EDGES, a="y_hat")`; with a True, as rows (1, m)."""
    return {
        case: {names.get(k, k): [v] if any(rows) else v for k, v in values.items()} for case, values in edges.items()
    }
