"""Films of estimators that train by calls, whose arrays change in place."""

import base64

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

import foldspace_nn as fs


def partly(moons, hidden=(8, 2), every=1, rounds=6):
    X, y = moons
    model = MLPClassifier(hidden, activation="tanh", random_state=0, learning_rate_init=0.02)
    film = None
    for _ in range(rounds):
        model.partial_fit(X, y, classes=[0, 1])
        film = film or fs.Film(model, X, y, every=every)
        film.snap()
    return model, film


def test_snaps_are_copies(moons):
    model, film = partly(moons)
    weights = [chain.steps[0][2] for _, chain in film._frames]
    assert len(film) == 6 and all((a != b).any() for a, b in zip(weights, weights[1:]))
    assert np.array_equal(weights[-1], model.coefs_[0].T)


@pytest.mark.parametrize("hidden", [(8, 2), (8,), (1,)])
def test_a_film_of_any_network(moons, hidden, tmp_path):
    _, film = partly(moons, hidden)
    assert film.save(tmp_path / "f.gif").read_bytes().startswith(b"GIF89a")


def test_one_feature_and_three_classes(moons, iris, tmp_path):
    X, y = moons
    partly((X[:, :1], y))[1].save(tmp_path / "f.gif")
    X, y = iris
    model = MLPClassifier((6, 2), random_state=0)
    model.partial_fit(X, y, classes=[0, 1, 2])
    film = fs.Film(model, X, y, features=(2, 3))
    film.snap()
    film.snap()
    film.save(tmp_path / "g.gif")


def test_a_notebook_gets_an_apng(moons):
    _, film = partly(moons, rounds=3)
    shown = base64.b64decode(film._repr_mimebundle_()["image/png"])
    assert shown.startswith(b"\x89PNG") and b"acTL" in shown


def test_refusals(moons, tmp_path):
    X, y = moons
    model, film = partly(moons)
    with pytest.raises(ValueError, match="call snap"):
        fs.Film(model, X, y).save(tmp_path / "f.gif")
    with pytest.raises(ValueError, match="film.snap"), fs.record(model, X, y):
        pass
    with pytest.raises(ValueError, match="give 1 or more"):
        fs.Film(model, X, y, every=0)
    with pytest.raises(ValueError, match="choose light or dark"):
        fs.Film(model, X, y, theme="blue")
    with pytest.raises(ValueError, match="one of these endings"):
        film.save(tmp_path / "f.webp")
