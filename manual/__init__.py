"""The notes in NumPy, one function a formula, in the notes' own letters.

Examples are columns. `dv` is the derivative of the final output with respect to v, with one twist: dZ and dA are
derivatives of the loss of one example, a column each; only dW and db carry 1/m and are derivatives of the cost J.

Every function is pure, and generic over the numbers it is given: float32, float64, complex numbers, error bounds,
exact balls. Nothing here checks anything of itself; that is the business of `verify`.
"""
