"""Ranges of activations and of their slopes over intervals, by Arb's ball arithmetic (python-flint). Writes
enclosures.json beside this file: 10^4 intervals, each for one function in turn, with the least and the greatest of the
function's values at three points of it, to the nearest double; and where SiLU and GELU are lowest."""

import json
import math
from pathlib import Path

from flint import arb, ctx

ctx.prec = 200
ONE = arb(1)


def sech2(z):
    return 1 / z.cosh() ** 2


def phi(z):
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def cdf(z):
    return (-z / arb(2).sqrt()).erfc() / 2


def sig(z):
    return 1 / (1 + (-z).exp())


C = (2 / arb.pi()).sqrt()
K = arb("0.044715")


def gelu_tanh(z):
    return z * (1 + (C * (z + K * z**3)).tanh()) / 2


def gelu_tanh_slope(z):
    g = C * (z + K * z**3)
    return (1 + g.tanh()) / 2 + z / 2 * sech2(g) * C * (1 + 3 * K * z * z)


FUNCTIONS = {
    "tanh": (lambda z: z.tanh(), sech2),
    "sigmoid": (sig, lambda z: sig(z) * sig(-z)),
    "softplus": (lambda z: (1 + z.exp()).log(), sig),
    "silu": (lambda z: z * sig(z), lambda z: sig(z) * (1 + z * sig(-z))),
    "gelu": (lambda z: z * cdf(z), lambda z: cdf(z) + z * phi(z)),
    "gelu_tanh": (gelu_tanh, gelu_tanh_slope),
    "elu": (lambda z: z.exp() - 1 if z < 0 else z, lambda z: z.exp() if z < 0 else ONE),
}


def box(k):
    """The k-th interval, by a formula: centres within 12, widths from 2^-10 to 8, all multiples of 2^-12."""
    middle = 12.0 * math.sin(12.9898 * (k + 1))
    width = 2.0 ** (-10 + 13 * (0.5 + 0.5 * math.sin(78.233 * (k + 1))))
    return round((middle - width / 2) * 4096) / 4096, round((middle + width / 2) * 4096) / 4096


def main():
    functions = [(name, kind) for name in FUNCTIONS for kind in (0, 1)]
    out = {"functions": [[name, ["value", "slope"][kind]] for name, kind in functions], "boxes": []}
    for k in range(10_000):
        name, kind = functions[k % len(functions)]
        low, high = box(k)
        points = [low, low + (high - low) * 0.375, high]
        numbers = [float(FUNCTIONS[name][kind](arb(p)).mid()) for p in points]
        out["boxes"].append([low, high, min(numbers), max(numbers)])
    turning = {
        "silu": (lambda z: sig(z) * (1 + z * sig(-z)), -1.3, -1.2),
        "gelu": (lambda z: cdf(z) + z * phi(z), -0.8, -0.7),
    }
    out["lowest"] = {}
    for name, (slope, a, b) in turning.items():
        a, b = arb(a), arb(b)
        for _ in range(150):
            m = ((a + b) / 2).mid()
            a, b = (m, b) if slope(m) < 0 else (a, m)
        out["lowest"][name] = [float(a.mid()), float(FUNCTIONS[name][0](a).mid())]
    Path(__file__).with_name("enclosures.json").write_text(json.dumps(out, separators=(",", ":")))


if __name__ == "__main__":
    main()
