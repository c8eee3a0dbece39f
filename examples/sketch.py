"""A hundred thousand parameters, one mistake: which of them does it spoil?"""

import numpy as np

from handgrad import sketch


def function(W, b):
    return np.sum(np.logaddexp(0, W @ X + b))


def gradient(W, b):
    dZ = 1 / (1 + np.exp(-(W @ X + b)))
    dZ[3, 5] = 0  # the mistake: one example of one unit is lost
    return {"dW": dZ @ X.T, "db": dZ.sum(axis=1, keepdims=True)}


rng = np.random.default_rng(0)
X = rng.normal(size=(400, 30))
print(sketch(function, gradient, {"W": rng.normal(size=(250, 400)) / 20, "b": rng.normal(size=(250, 1))}))
