"""Keras' own answers, on whatever backend it runs; CI has NumPy's."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")
from keras import layers

import foldspace_nn as fs
from foldspace_nn import models

ACTIVATIONS = [
    "linear", "relu", "tanh", "sigmoid", "elu", "selu", "gelu", "silu", "softplus", "leaky_relu", "relu6", "hard_sigmoid", "hard_tanh",
    layers.LeakyReLU(), layers.LeakyReLU(negative_slope=0.1), layers.ReLU(), layers.ReLU(max_value=2.0), layers.ReLU(negative_slope=0.2), layers.ELU(alpha=0.5),
    lambda z: keras.ops.tanh(z), lambda z: keras.activations.gelu(z, approximate=True),
]  # fmt: skip


def randomised(model):
    """Biases and statistics other than 0 and 1."""
    random = np.random.RandomState(3)
    model.set_weights([np.abs(random.randn(*w.shape)) * 0.7 + 0.1 if w.ndim == 1 else random.randn(*w.shape) for w in model.get_weights()])
    return model


def agree(model, inputs=2):
    X = np.random.RandomState(1).randn(80, inputs) * 2
    reading = models.read(model)
    assert reading.chain is not None, reading.reason
    own = reading.evaluate(X)
    room = 1e-12 if reading.exact else 1e-6
    assert np.abs(models.forward(reading.network(inputs), X) - own).max() < room * (1 + np.abs(own).max())


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_every_activation(activation):
    if isinstance(activation, layers.Layer):
        between = [layers.Dense(6), activation]
    else:
        between = [layers.Dense(6, activation=activation)]
    agree(randomised(keras.Sequential([layers.Input((2,)), *between, layers.Dense(3, activation="softmax")])))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batch_norm_before_and_after_the_activation(dtype):
    make = lambda *inner: randomised(keras.Sequential([layers.Input((2,)), *inner, layers.Dense(1, activation="sigmoid", dtype=dtype)]))  # noqa: E731
    norm = lambda **given: layers.BatchNormalization(dtype=dtype, **given)  # noqa: E731
    agree(make(norm(), layers.Dense(5, dtype=dtype), norm(), layers.Activation("tanh", dtype=dtype)))
    agree(make(layers.Dense(5, activation="tanh", dtype=dtype), norm(scale=False), layers.Dropout(0.3)))
    agree(make(layers.Dense(5, activation="relu", dtype=dtype), norm(center=False), layers.Rescaling(0.5, 1.0, dtype=dtype)))


def test_functional_and_nested():
    entry = layers.Input((2,))
    inner = keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="tanh")])
    exit_ = layers.Dense(1, activation="sigmoid")(inner(layers.Dense(4, activation="relu")(entry)))
    agree(randomised(keras.Model(entry, exit_)))
    normal = layers.Normalization()
    normal.adapt(np.random.RandomState(0).randn(50, 2) * 3 + 1)
    agree(keras.Sequential([layers.Input((2,)), normal, layers.Dense(2, activation="log_softmax")]))


def test_a_residual_connection_is_refused_by_name(moons):
    X, y = moons
    entry = layers.Input((2,))
    hidden = layers.Dense(2, activation="relu")(entry)
    model = keras.Model(entry, layers.Dense(1, activation="sigmoid")(layers.Add()([entry, hidden])))
    with pytest.raises(ValueError, match="residual or branching connection at add"):
        fs.weights(model)
    with pytest.warns(fs.BlackBoxWarning, match="residual"):
        fs.boundary(model, X, y, output="probability")


def test_what_compile_says_of_logits(moons):
    X, y = moons
    model = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.set_weights([np.array([[1.0], [0.0]]), np.array([-0.25])])
    with pytest.raises(ValueError, match='output="logit"'):
        fs.boundary(model, X, y)
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    curve = np.vstack(fs.boundary(model, X, y).curves)
    assert np.abs(curve[:, 0] - 0.25).max() < 1e-6


def test_a_callback_films_the_epochs(moons, tmp_path):
    """Keras' own list of callbacks calls it; the weights change in between as training would change them."""
    X, y = moons
    model = keras.Sequential([layers.Input((2,)), layers.Dense(8, activation="tanh"), layers.Dense(2, activation="tanh"), layers.Dense(1, activation="sigmoid")])
    film = fs.Film(model, X, y, every=2)
    calls = keras.callbacks.CallbackList([film], model=model, epochs=5)
    calls.on_train_begin()
    kept = [model.get_weights()[0].copy()]
    for epoch in range(5):
        calls.on_epoch_begin(epoch)
        calls.on_train_batch_begin(0)
        model.set_weights([w + 0.1 for w in model.get_weights()])
        calls.on_train_batch_end(0)
        calls.on_epoch_end(epoch)
        kept.append(model.get_weights()[0].copy())
    calls.on_train_end()
    assert [count for count, _ in film._frames] == [0, 2, 4]
    for count, chain in film._frames:
        assert np.array_equal(chain.steps[0][2], kept[count].T)
    assert film.save(tmp_path / "film.gif").read_bytes().startswith(b"GIF89a")


def test_a_model_without_weights():
    with pytest.raises(ValueError, match="no weights yet"):
        fs.weights(keras.Sequential([layers.Dense(2)]))


def test_a_second_fit_goes_on_and_another_model_is_refused(moons):
    X, y = moons
    make = lambda: keras.Sequential([layers.Input((2,)), layers.Dense(4, activation="tanh"), layers.Dense(1, activation="sigmoid")])  # noqa: E731
    model = make()
    film = fs.Film(model, X, y)
    for epochs in (3, 5):
        calls = keras.callbacks.CallbackList([film], model=model, epochs=epochs)
        calls.on_train_begin()
        for epoch in range(epochs):
            calls.on_epoch_end(epoch)
        calls.on_train_end()
    assert [count for count, _ in film._frames] == list(range(9))
    with pytest.raises(ValueError, match="another model"):
        keras.callbacks.CallbackList([fs.Film(make(), X, y)], model=model)


def test_sixteen_bits_in_some_layers(moons):
    X, y = moons
    model = keras.Sequential([layers.Input((2,)), layers.Dense(8, activation="tanh", dtype="bfloat16"), layers.Dense(1, activation="sigmoid", dtype="float32")])
    assert fs.boundary(model, X, y).evaluations is None
