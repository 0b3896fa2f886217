"""Cells of small piecewise linear networks in exact rational arithmetic: convex polygons are split unit by unit, all
numbers being fractions. Writes regions.json beside this file. No packages needed.

The networks are formulas, or small integers chosen so that creases coincide, run parallel and meet in one point."""

import json
import math
import random
import struct
from fractions import Fraction as F
from pathlib import Path


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def formula(widths):
    """(weights (units x inputs), biases) per layer, no random numbers."""
    layers = []
    for l in range(1, len(widths)):
        n, m = widths[l], widths[l - 1]
        weights = [
            [f32(math.sin(12.9898 * (i + 1) + 78.233 * (j + 1) + 37.719 * l) * math.sqrt(4.0 / m)) for j in range(m)]
            for i in range(n)
        ]
        layers.append((weights, [f32(math.sin(93.9737 * (i + 1) + 11.135 * l) * 0.5) for i in range(n)]))
    return layers


def small(widths, seed):
    """Weights and biases that are halves of small integers."""
    draw = random.Random(seed)
    number = lambda: draw.choice([-2, -1, -1, 0, 1, 1, 2]) / 2
    return [
        ([[number() for _ in range(m)] for _ in range(n)], [number() for _ in range(n)])
        for m, n in zip(widths, widths[1:])
    ]


def cut(polygon, values):
    plus, minus = [], []
    for i, (p, v) in enumerate(zip(polygon, values)):
        j = (i + 1) % len(polygon)
        q, w = polygon[j], values[j]
        if v >= 0:
            plus.append(p)
        if v <= 0:
            minus.append(p)
        if v * w < 0:
            t = v / (v - w)
            x = tuple(a + t * (b - a) for a, b in zip(p, q))
            plus.append(x)
            minus.append(x)
    return plus, minus


def cells(layers, window, slope):
    """[(polygon, how many units are on)]; units of all layers but the last bend."""
    x0, x1, y0, y1 = map(F, window)
    found = [([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], [(F(1), F(0), F(0)), (F(0), F(1), F(0))], 0)]
    for weights, biases in layers[:-1]:
        after = []
        for polygon, inputs, on in found:
            maps = [
                tuple(sum(F(w) * r[c] for w, r in zip(row, inputs)) + (F(b) if c == 2 else 0) for c in range(3))
                for row, b in zip(weights, biases)
            ]
            parts = [(polygon, ())]
            for a, b, c in maps:
                split = []
                for part, signs in parts:
                    values = [a * x + b * y + c for x, y in part]
                    if any(v > 0 for v in values) and any(v < 0 for v in values):
                        plus, minus = cut(part, values)
                        split += [(plus, signs + (True,)), (minus, signs + (False,))]
                    else:
                        split.append((part, signs + (any(v > 0 for v in values),)))
                parts = split
            for part, signs in parts:
                outputs = [m if s else tuple(F(slope) * v for v in m) for m, s in zip(maps, signs)]
                after.append((part, outputs, on + sum(signs)))
        found = after
    return [(polygon, on) for polygon, _, on in found]


def area(p):
    return abs(sum(p[i][0] * p[(i + 1) % len(p)][1] - p[(i + 1) % len(p)][0] * p[i][1] for i in range(len(p)))) / 2


def case(name, layers, window, slope=0.0):
    found = cells(layers, window, slope)
    vertices = {v for polygon, _ in found for v in polygon}
    print(name, window, len(found), len(vertices), flush=True)
    return {
        "name": name,
        "weights": [w for w, _ in layers],
        "biases": [b for _, b in layers],
        "slope": slope,
        "window": window,
        "faces": len(found),
        "vertices": len(vertices),
        # By size, each with the number of units that are on.
        "cells": sorted([float(area(polygon)), on] for polygon, on in found),
    }


def main():
    cases = []
    for widths, size in [([2, 3, 1], 4), ([2, 8, 1], 1), ([2, 8, 8, 1], 1), ([2, 16, 1], 1), ([2, 6, 6, 6, 1], 2)]:
        cases.append(case("formula " + "-".join(map(str, widths)), formula(widths), [-size, size, -size, size]))
    cases.append(case("formula, leaky", formula([2, 6, 6, 1]), [-2, 2, -2, 2], 0.01))
    eight = formula([2, 8, 1])
    # Five units twice: the same, scaled, and turned over.
    weights, biases = eight[0]
    scales = [1.0, 1.0, 0.25, -1.0, -2.0]
    doubled = [
        (weights + [[s * w for w in weights[i]] for i, s in enumerate(scales)],
         biases + [s * biases[i] for i, s in enumerate(scales)]),
        ([eight[1][0][0] * 1 + [1.0] * 5], eight[1][1]),
    ]
    cases.append(case("five units twice", doubled, [-4, 4, -4, 4]))
    lines = [([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], [-0.1, -0.2, -0.3]), ([[1.0, 1.0, 1.0]], [0.0])]
    cases.append(case("nearly concurrent", lines, [-1, 1, -1, 1]))
    third = [([[3.0, 1.0], [1.0, -3.0], [4.0, -2.0], [2.0, 4.0]], [-1.0, 2.0, 1.0, -3.0]), ([[1.0] * 4], [0.0])]
    cases.append(case("concurrent at a point that is no double", third, [-1, 1, -1, 1]))
    shapes = [[2, 5, 1], [2, 4, 3, 1], [2, 5, 4, 3, 1], [2, 2, 2, 2, 2, 1], [2, 9, 5, 1], [2, 1, 3, 1]]
    for seed in range(24):
        widths = shapes[seed % len(shapes)]
        window = [[-1, 1, -1, 1], [-2, 3, -1, 2], [0, 2, 0, 2]][seed % 3]
        slope = 0.01 if seed % 4 == 3 else 0.0
        cases.append(case(f"small {seed}", small(widths, seed), window, slope))
    path = Path(__file__).with_suffix(".json")
    path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")


main()
