"""Reference numbers for tests/it/inspection.rs: python inspection.py, beside this file. Needs NumPy."""

import json
from pathlib import Path

import numpy as np

rng = np.random.RandomState(3)
data = np.round(rng.randn(40, 3), 3)
labels = [int(row @ [1.0, -2.0, 0.5] > 0.8) for row in data]
layers = [
    {"name": "wide", "activation": "tanh", "weight": np.round(2.5 * rng.randn(5, 3), 3), "bias": np.round(rng.randn(5), 3)},
    {"name": "square", "activation": "relu", "weight": np.round(rng.randn(5, 5), 3), "bias": np.array([-30.0, 0.5, -0.2, -25.0, 0.1])},
    {"name": "poor", "activation": "identity", "weight": np.outer([1.0, -2.0, 0.5, 3.0], [1.0, 2.0, 0.0, -1.0, 4.0]), "bias": np.zeros(4)},
    {"name": "out", "activation": "sigmoid", "weight": np.round(rng.randn(1, 4), 3), "bias": np.array([3.0])},
]
functions = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
    "relu": (lambda z: np.maximum(z, 0), None),
    "identity": (lambda z: z, None),
}

reports, signal = [], data
for layer in layers:
    weight = layer["weight"]
    function, slope = functions[layer["activation"]]
    affine = signal @ weight.T + layer["bias"]
    signal = function(affine)
    values = np.linalg.svd(weight, compute_uv=False)
    square = weight.shape[0] == weight.shape[1]
    reports.append(
        {
            "frobenius_norm": float(np.linalg.norm(weight)),
            "spectral_norm": float(np.linalg.norm(weight, 2)),
            "rank": int(np.linalg.matrix_rank(weight)),
            "singular_values": values.tolist(),
            "condition": float(np.linalg.cond(weight)),
            "determinant": float(np.linalg.det(weight)) if square else None,
            "eigenvalues": sorted([v.real, v.imag] for v in np.linalg.eigvals(weight)) if square else None,
            "dead_units": int((signal == signal[0]).all(axis=0).sum()),
            # A slope below a hundredth of that at 0.
            "saturated": float((slope(affine) < 0.01 * slope(np.zeros(1))).mean()) if slope else None,
        }
    )

u, s, v = np.linalg.svd(layers[0]["weight"], full_matrices=False)
json.dump(
    {
        "numpy": np.__version__,
        "data": data.tolist(),
        "labels": labels,
        "layers": [{**layer, "weight": layer["weight"].tolist(), "bias": layer["bias"].tolist()} for layer in layers],
        "reports": reports,
        "accuracy": float(((signal[:, 0] > 0.5) == np.array(labels)).mean()),
        "rank_2": (u[:, :2] * s[:2] @ v[:2]).tolist(),
    },
    open(Path(__file__).with_suffix(".json"), "w"),
    indent=1,
)
