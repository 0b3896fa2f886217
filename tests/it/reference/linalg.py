"""Reference numbers for tests/it/linalg.rs: python linalg.py, beside this file. Needs NumPy, SciPy and scikit-learn."""

import json
from pathlib import Path

import numpy as np
import scipy
import scipy.linalg
import sklearn
from sklearn.decomposition import PCA

rng = np.random.RandomState(0)
data = rng.randn(12, 4) @ rng.randn(4, 4) + rng.randn(4)
pca = PCA(n_components=3, svd_solver="full").fit(data)

square = rng.randn(5, 5)
values, vectors = np.linalg.eig(square)
order = sorted(range(5), key=lambda k: (values[k].real, abs(values[k].imag), -values[k].imag))
values, vectors = values[order], vectors[:, order]
largest = vectors[np.abs(vectors).argmax(axis=0), range(5)]
vectors = vectors * (np.abs(largest) / largest)

tall = rng.randn(5, 3)
unitary, stretch = scipy.linalg.polar(tall)
ranks = []
for matrix in [
    [[1.0, 2.0], [2.0, 4.0]],
    [[1.0, 0.0], [0.0, 1e-15]],
    [[1.0, 0.0], [0.0, 1e-16]],
    [[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]],
    [[0.0, 0.0], [0.0, 0.0]],
]:
    ranks.append({"matrix": matrix, "rank": int(np.linalg.matrix_rank(np.array(matrix)))})

json.dump(
    {
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__},
        "pca": {
            "data": data.tolist(),
            "mean": pca.mean_.tolist(),
            "components": pca.components_.tolist(),
            "explained_variance": pca.explained_variance_.tolist(),
            "explained_variance_ratio": pca.explained_variance_ratio_.tolist(),
            "transformed": pca.transform(data).tolist(),
        },
        "eigen": {
            "matrix": square.tolist(),
            "values_re": values.real.tolist(),
            "values_im": values.imag.tolist(),
            "vectors_re": vectors.real.tolist(),
            "vectors_im": vectors.imag.tolist(),
        },
        "polar": {"matrix": tall.tolist(), "q": unitary.tolist(), "p": stretch.tolist()},
        "ranks": ranks,
        "inverse": np.linalg.inv(square).tolist(),
        "condition": float(np.linalg.cond(square)),
        "spectral": float(np.linalg.norm(tall, 2)),
        "frobenius": float(np.linalg.norm(tall, "fro")),
    },
    open(Path(__file__).with_suffix(".json"), "w"),
    separators=(",", ":"),
)
