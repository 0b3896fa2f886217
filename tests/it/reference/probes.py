"""Hard margins of scikit-learn's SVC on 50 separable sets, for tests/it/probes.rs: probes.json.

Run: python probes.py   (scikit-learn 1.7 or so). The sets are made by the same integer generator as in the test.
"""
import json

import numpy as np
from sklearn.svm import SVC


def generator(seed):
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state / 2**30 - 1.0


def data(seed):
    """n points of d dimensions; class 1 right of a sheared gap, class 0 left of it."""
    d, n = 1 + seed % 12, 20 + 7 * (seed % 10)
    numbers = generator(seed + 1)
    points = np.array([[next(numbers) for _ in range(d)] for _ in range(n)])
    labels = np.arange(n) % 2
    points[:, 0] = np.where(labels == 1, 1.0, -1.0) * (np.abs(points[:, 0]) + 0.0625)
    for j in range(1, d):
        points[:, j] += 0.5 * points[:, 0]
    return points, labels


margins = []
for seed in range(50):
    points, labels = data(seed)
    machine = SVC(kernel="linear", C=1e9, tol=1e-11, max_iter=-1).fit(points, labels)
    assert machine.score(points, labels) == 1.0
    margins.append(1.0 / float(np.linalg.norm(machine.coef_)))
json.dump({"margins": margins}, open("probes.json", "w"))
