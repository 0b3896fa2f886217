"""Data sets and splits of scikit-learn and NumPy for tests/it/data.rs: writes data.json.

A set's fingerprint is small but sees every point: the first and last point, and sums weighted by position,
which change with any coordinate, any label, and any exchange of two points.
"""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.datasets import make_blobs, make_circles, make_classification, make_moons
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def fingerprint(features, targets):
    weights = np.arange(1, len(features) + 1) / len(features)
    return [
        *features[0],
        *features[-1],
        *(weights @ features),
        float(weights @ targets),
    ]


def spiral(samples, noise, turns, classes, seed):
    """This project's own definition, written down a second time."""
    random = np.random.RandomState(seed)
    X, y = [], []
    for c, part in enumerate(np.array_split(np.arange(samples), classes)):
        t = np.linspace(0, 1, len(part))
        angle = 2 * np.pi * (turns * t + c / classes)
        radius = 0.5 + classes * turns * t
        X.append(np.c_[radius * np.cos(angle), radius * np.sin(angle)])
        y += [c] * len(part)
    order = random.permutation(samples)
    X, y = np.vstack(X)[order], np.array(y)[order]
    return X + random.normal(scale=noise, size=X.shape), y


def xor(samples, noise, seed):
    random = np.random.RandomState(seed)
    X = random.uniform(-1, 1, (samples, 2))
    y = (X[:, 0] > 0) ^ (X[:, 1] > 0)
    return X + random.normal(0, noise, X.shape), y.astype(float)


def two_blobs(samples, seed):
    np.random.seed(seed)
    half = samples // 2
    X = np.vstack([np.random.randn(half, 2) * 0.5 + 1.5, np.random.randn(half, 2) * 0.5 - 1.5])
    return X, np.repeat([0.0, 1.0], half)


def quadratic(samples, seed):
    np.random.seed(seed)
    X = np.random.randn(samples, 2) * 2
    y = 0.5 * X[:, 0] ** 2 + 1.5 * X[:, 1] + 2.0 + np.random.randn(samples) * 0.5
    return X, y


# In this project's words, one after the other for the seeds: between them, every way in which scikit-learn samples the
# hypercube's corners, and every parameter.
CLASSIFICATIONS = [
    {"samples": 100, "features": 4},
    {"samples": 57, "features": 2, "redundant": 0, "clusters_per_class": 1, "flip_y": 0.0, "class_sep": 2.0},
    {"samples": 120, "features": 8, "informative": 4, "repeated": 1, "classes": 3, "weights": [0.5, 0.2]},
    {"samples": 80, "features": 7, "informative": 5, "clusters_per_class": 3, "hypercube": False,
     "shift": "drawn", "scale": "drawn", "flip_y": 0.2},
    {"samples": 60, "features": 12, "informative": 12, "redundant": 0, "weights": [0.9, 0.05]},
    {"samples": 31, "features": 3, "informative": 1, "redundant": 1, "clusters_per_class": 1,
     "shift": [1.0, -2.0, 0.5], "scale": [2.0, 0.1, 3.0], "shuffle": False},
]
WIDE = {"samples": 40, "features": 36, "informative": 33, "classes": 4}


def classification(options, seed):
    counts = ["samples", "features", "informative", "redundant", "repeated", "classes"]
    return make_classification(
        **{f"n_{key}" if key in counts else key: value for key, value in options.items()
           if key not in ("clusters_per_class", "shift", "scale", "weights")},
        n_clusters_per_class=options.get("clusters_per_class", 2),
        weights=options.get("weights"),
        shift=None if options.get("shift") == "drawn" else options.get("shift", 0.0),
        scale=None if options.get("scale") == "drawn" else options.get("scale", 1.0),
        random_state=seed,
    )


GIVEN = [[0.0, 0.0, 1.0], [4.0, -1.0, 2.0]]
seeds = [*range(98), 12345, 2**32 - 1]
few = [0, 1, 42, 2**32 - 1]


def split(samples, fraction, seed):
    train, test = train_test_split(np.arange(samples), test_size=fraction, random_state=seed)
    return {"samples": samples, "fraction": fraction, "seed": seed, "train": train.tolist(), "test": test.tolist()}


def standardised():
    X = np.c_[make_moons(50, noise=0.3, random_state=3)[0] * [3.0, 1e-3] + [100.0, -5.0], np.full(50, 0.1)]
    scaler = StandardScaler().fit(X)
    return {"features": X.tolist(), "means": scaler.mean_.tolist(), "deviations": scaler.scale_.tolist()}


# (samples, noise) cycles with the seed: even and odd numbers, with noise and without.
sizes = [(200, 0.1), (33, 0.25), (2, 0.05), (101, 0.0)]
reference = {
    "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__},
    "sizes": sizes,
    "seeds": seeds,
    "moons": [fingerprint(*make_moons(sizes[i % 4][0], noise=sizes[i % 4][1], random_state=s)) for i, s in enumerate(seeds)],
    "circles": [
        fingerprint(*make_circles(sizes[i % 4][0], noise=sizes[i % 4][1], factor=0.5, random_state=s))
        for i, s in enumerate(seeds)
    ],
    "blobs": [fingerprint(*make_blobs(100, random_state=s)) for s in seeds],
    "classifications": CLASSIFICATIONS,
    "classification": [fingerprint(*classification(CLASSIFICATIONS[i % 6], s)) for i, s in enumerate(seeds)],
    "few_seeds": few,
    "wide": WIDE,
    "wide_classification": [fingerprint(*classification(WIDE, s)) for s in few[:2]],
    "given_blobs": [fingerprint(*make_blobs(31, centers=GIVEN, cluster_std=0.3, random_state=s)) for s in few],
    "spiral": [fingerprint(*spiral(301, 0.1, 1.5, 3, s)) for s in few],
    "xor": [fingerprint(*xor(300, 0.1, s)) for s in few],
    "two_blobs": [fingerprint(*two_blobs(100, s)) for s in few],
    "quadratic": [fingerprint(*quadratic(200, s)) for s in few],
    "splits": [split(n, f, s) for s in few for n, f in [(2, 0.5), (10, 0.2), (11, 0.25), (40, 0.3)]],
    "standardised": standardised(),
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(reference, separators=(",", ":")) + "\n")
