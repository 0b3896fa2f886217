"""Equinox modules: MLP, Sequential and Linear."""

from __future__ import annotations

from typing import Any

import numpy as np

from .models import Chain, Reading, Unreadable, asking, matching

__all__ = ["read"]


def read(model: Any) -> Reading:
    import jax

    reading = Reading(type(model).__name__)

    def evaluate(X: np.ndarray) -> np.ndarray:
        import equinox

        quiet = equinox.nn.inference_mode(model)
        with asking(reading.source):
            return np.asarray(jax.vmap(quiet)(jax.numpy.asarray(X, dtype=precision)), dtype=np.float64)

    leaves = [leaf for leaf in jax.tree_util.tree_leaves(model) if hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating)]
    precision = leaves[0].dtype if leaves else np.dtype(np.float32)
    reading.exact = precision == np.float64
    reading.half = precision.itemsize == 2
    reading.evaluate = evaluate
    chain = Chain()
    try:
        walk(chain, "", model)
        reading.chain = chain
    except Unreadable as error:
        reading.reason = str(error)
    return reading


def walk(chain: Chain, name: str, module: Any) -> None:
    kind = type(module).__name__
    if kind == "Linear":
        bias = None if module.bias is None else np.asarray(module.bias)
        weight = np.asarray(module.weight)
        chain.affine(name or "linear", weight, bias)
    elif kind == "MLP":
        for k, layer in enumerate(module.layers):
            walk(chain, f"{name}layers.{k}", layer)
            activate(chain, module.activation if k < len(module.layers) - 1 else module.final_activation)
            chain.mark(f"{name}layers.{k}")
        return
    elif kind == "Sequential":
        for k, layer in enumerate(module.layers):
            walk(chain, f"{name}layers.{k}", layer)
    elif kind == "Lambda":
        activate(chain, module.fn)
    elif kind == "PReLU" and np.size(module.negative_slope) == 1:
        chain.activate(f"leaky_relu:{float(np.asarray(module.negative_slope).reshape(()))!r}")
    elif kind not in ("Dropout", "Identity"):
        names = {"LayerNorm": "layer norm", "BatchNorm": "a batch norm with state"}
        raise Unreadable(names.get(kind, f"a layer of kind {kind}"))
    chain.mark(name)


def activate(chain: Chain, function: Any) -> None:
    import jax

    if getattr(function, "__name__", "") == "softmax":
        chain.activate("softmax")
        return
    chain.activate(matching(lambda z: jax.vmap(lambda v: function(v))(jax.numpy.asarray(z))))
