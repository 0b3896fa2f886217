"""Equinox' own answers, where it is installed."""

import numpy as np
import pytest

jax = pytest.importorskip("jax")
eqx = pytest.importorskip("equinox")

import foldspace_nn as fs
from foldspace_nn import models

KEY = jax.random.PRNGKey(0)
RELATED = [jax.nn.relu, jax.numpy.tanh, jax.nn.sigmoid, jax.nn.gelu, lambda z: jax.nn.gelu(z, approximate=False), jax.nn.silu, jax.nn.elu, jax.nn.softplus, jax.nn.leaky_relu]


def agree(model):
    X = np.random.RandomState(1).randn(60, 2) * 2
    reading = models.read(model)
    assert reading.chain is not None, reading.reason
    own = reading.evaluate(X)
    assert np.abs(models.forward(reading.network(2), X) - own.reshape(len(X), -1)).max() < 1e-6 * (1 + np.abs(own).max())


@pytest.mark.parametrize("activation", RELATED)
def test_mlp_with_any_activation(activation):
    agree(eqx.nn.MLP(2, 3, 8, 2, activation=activation, final_activation=jax.nn.sigmoid, key=KEY))


def test_sequential(moons):
    X, y = moons
    first, last = (jax.random.split(KEY)[k] for k in (0, 1))
    model = eqx.nn.Sequential([eqx.nn.Linear(2, 6, key=first), eqx.nn.Lambda(jax.nn.relu), eqx.nn.Dropout(0.5), eqx.nn.Linear(6, 1, key=last), eqx.nn.Lambda(jax.nn.sigmoid)])
    agree(model)
    assert fs.boundary(model, X, y).evaluations is None
    normed = eqx.nn.Sequential([eqx.nn.Linear(2, 6, key=first), eqx.nn.LayerNorm(6), eqx.nn.Linear(6, 1, key=last)])
    with pytest.raises(ValueError, match="layer norm"):
        fs.weights(normed)
