"""The cells of formula networks with activations of two kinks, by polygons cut in fractions: writes two_kinks.json.

    python3 tests/it/reference/two_kinks.py

Standard library alone. A cell is a convex polygon with the affine maps of a layer's units on it; every kink cuts it, then every
unit takes the straight piece that it is on.
"""

import json
import math
import pathlib
import struct
from fractions import Fraction as F

PIECES = {
    # kinks, and (slope, offset) of the pieces from the left
    "hard_tanh": ([F(-1), F(1)], [(F(0), F(-1)), (F(1), F(0)), (F(0), F(1))]),
    "relu6": ([F(0), F(6)], [(F(0), F(0)), (F(1), F(0)), (F(0), F(6))]),
    "hard_sigmoid": ([F(-3), F(3)], [(F(0), F(0)), (F(1, 6), F(1, 2)), (F(0), F(1))]),
    "clip": ([F(0.1), F(0.3)], [(F(0), F(0.1)), (F(1), F(0)), (F(0), F(0.3))]),
    "leaky_relu": ([F(0)], [(F(0.01), F(0)), (F(1), F(0))]),
}


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def formula(widths):
    for l in range(1, len(widths)):
        n, m = widths[l], widths[l - 1]
        weight = [[f32(math.sin(12.9898 * (i + 1) + 78.233 * (j + 1) + 37.719 * l) * math.sqrt(4.0 / m)) for j in range(m)] for i in range(n)]
        bias = [f32(math.sin(93.9737 * (i + 1) + 11.135 * l) * 0.5) for i in range(n)]
        yield [[F(w) for w in row] for row in weight], [F(b) for b in bias]


def cut(polygon, values):
    above, below = [], []
    for i, (p, v) in enumerate(zip(polygon, values)):
        q, w = polygon[(i + 1) % len(polygon)], values[(i + 1) % len(polygon)]
        if v >= 0:
            above.append(p)
        if v <= 0:
            below.append(p)
        if v * w < 0:
            t = v / (v - w)
            x = (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]))
            above.append(x)
            below.append(x)
    return above, below


def cells(layers, activation, size):
    kinks, pieces = PIECES[activation]
    s = F(size)
    found = [([(-s, -s), (s, -s), (s, s), (-s, s)], [(F(1), F(0), F(0)), (F(0), F(1), F(0))])]
    for weight, bias in layers[:-1]:
        after = []
        for polygon, rows in found:
            maps = [tuple(sum(w * row[c] for w, row in zip(ws, rows)) + (b if c == 2 else 0) for c in range(3)) for ws, b in zip(weight, bias)]
            parts = [(polygon, [])]
            for a, b, c in maps:
                for number, kink in enumerate(kinks):
                    split = []
                    for part, state in parts:
                        state = state if number else state + [0]
                        values = [a * x + b * y + c - kink for x, y in part]
                        up, down = any(v > 0 for v in values), any(v < 0 for v in values)
                        if up and down:
                            above, below = cut(part, values)
                            split.append((above, state[:-1] + [number + 1]))
                            split.append((below, state))
                        else:
                            split.append((part, state[:-1] + [number + 1] if up else state))
                    parts = split
            for part, state in parts:
                bent = [tuple(pieces[k][0] * v for v in row) for k, row in zip(state, maps)]
                bent = [(a, b, c + pieces[k][1]) for k, (a, b, c) in zip(state, bent)]
                after.append((part, bent))
        found = after
    return found


def area(polygon):
    pairs = zip(polygon, polygon[1:] + polygon[:1])
    return sum(p[0] * q[1] - q[0] * p[1] for p, q in pairs) / 2


def main():
    out = []
    for activation, widths, size in [
        ("hard_tanh", [2, 3, 1], 4),
        ("hard_tanh", [2, 8, 1], 1),
        ("hard_tanh", [2, 8, 1], 4),
        ("hard_tanh", [2, 8, 8, 1], 2),
        ("hard_tanh", [2, 5, 2, 5, 1], 4),
        ("relu6", [2, 8, 1], 8),
        ("relu6", [2, 6, 6, 1], 8),
        ("hard_sigmoid", [2, 8, 1], 8),
        ("hard_sigmoid", [2, 6, 6, 1], 8),
        ("clip", [2, 6, 6, 1], 1),
        ("leaky_relu", [2, 8, 8, 1], 1),
    ]:
        found = cells(list(formula(widths)), activation, size)
        areas = sorted(abs(area(polygon)) for polygon, _ in found)
        vertices = {corner for polygon, _ in found for corner in polygon}
        assert sum(areas) == 4 * F(size) ** 2
        out.append(
            {
                "activation": activation,
                "widths": widths,
                "size": size,
                "cells": len(found),
                "vertices": len(vertices),
                "smallest": float(areas[0]),
                "largest": float(areas[-1]),
            }
        )
        print(out[-1])
    path = pathlib.Path(__file__).with_name("two_kinks.json")
    path.write_text("[\n" + ",\n".join("  " + json.dumps(line) for line in out) + "\n]\n")


main()
