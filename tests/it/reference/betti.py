"""Persistence of point clouds by gudhi (alpha complexes) and ripser (Vietoris-Rips), for tests/it/betti.rs: betti.json.

Run: python betti.py   (gudhi 3.11, ripser 0.6). The clouds come from the integer generator that the test has too.
"""
import json

import gudhi
import numpy as np
from ripser import ripser


def generator(seed):
    state = seed
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state / 2**30 - 1.0


def cloud(seed, n, d):
    numbers = generator(seed)
    return np.array([[next(numbers) for _ in range(d)] for _ in range(n)])


def sphere(seed, n):
    points = cloud(seed, n, 3)
    return points / np.sqrt((points**2).sum(axis=1, keepdims=True))


def alpha(points):
    tree = gudhi.AlphaComplex(points=points.tolist(), precision="exact").create_simplex_tree()
    tree.compute_persistence()
    # gudhi's values are squared radii.
    bars = lambda k: sorted([b**0.5, d**0.5] for b, d in tree.persistence_intervals_in_dimension(k).tolist() if d != float("inf"))
    return {"h0": [d for _, d in bars(0)], "h1": bars(1)}


def rips(points, dimension, reach):
    bars = ripser(points, maxdim=dimension, thresh=reach)["dgms"]
    return [sorted([float(b), float(d)] for b, d in part if np.isfinite(d)) for part in bars]


json.dump(
    {
        "alpha": [alpha(cloud(seed, 40 + 20 * seed, 2)) for seed in range(6)],
        "rips": [rips(sphere(50 + seed, 26), 2, 1.95) for seed in range(4)],
    },
    open("betti.json", "w"),
)
