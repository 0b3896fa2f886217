"""scikit-learn's own answers against the chains that are read, and pictures of its models."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler, MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.svm import SVC

import foldspace_nn as fs
from foldspace_nn import models

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def mlp(**given):
    return MLPClassifier((6, 2), max_iter=150, random_state=1, learning_rate_init=0.02, **given)


def chain(model, X):
    return models.forward(models.read(model).network(X.shape[1]), X)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.parametrize("scaler", [None, StandardScaler(), StandardScaler(with_std=False), MinMaxScaler((-1, 1)), MaxAbsScaler(), RobustScaler(), PCA(2), PCA(2, whiten=True)])
def test_a_chain_says_what_the_estimator_says(moons, activation, scaler):
    X, y = moons
    model = mlp(activation=activation)
    model = (make_pipeline(scaler, model) if scaler else model).fit(3 * X + 1, y)
    points = np.random.RandomState(0).randn(200, 2) * 4
    assert np.abs(chain(model, points)[:, 0] - model.predict_proba(points)[:, 1]).max() < 1e-12


def test_several_classes_and_numbers(iris):
    X, y = iris
    three = make_pipeline(StandardScaler(), mlp()).fit(X, y)
    assert np.abs(chain(three, X) - three.predict_proba(X)).max() < 1e-12
    numbers = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(5,), max_iter=200, random_state=0)).fit(X[:, :3], X[:, 3])
    assert np.abs(chain(numbers, X[:, :3])[:, 0] - numbers.predict(X[:, :3])).max() < 1e-12
    for model in (LogisticRegression(), LogisticRegression(C=0.1)):
        model.fit(X, y)
        assert np.abs(chain(model, X) - model.predict_proba(X)).max() < 1e-12
    line = LinearRegression().fit(X[:, :3], X[:, 3])
    assert np.abs(chain(line, X[:, :3])[:, 0] - line.predict(X[:, :3])).max() < 1e-12


def border_is_where_the_probability_is_half(picture, model):
    assert picture.curves
    for curve in picture.curves:
        assert np.abs(model.predict_proba(curve)[:, 1] - 0.5).max() < 1e-9


@pytest.mark.parametrize("labels", [("no", "yes"), (-1, 1), (3, 7), (False, True), (-1.0, 1.0)])
def test_any_two_labels(moons, labels):
    X, y = moons
    target = np.array(labels)[y]
    model = make_pipeline(StandardScaler(), mlp()).fit(X, target)
    picture = fs.boundary(model, X, target)
    assert picture.evaluations is None
    border_is_where_the_probability_is_half(picture, model)
    objects = fs.boundary(model, X, target.astype(object))
    assert objects.svg() == picture.svg()


def test_the_order_is_the_models(moons):
    """A model's first class is not always the first in the alphabet of some of the samples."""
    X, y = moons
    names = np.array(["a", "b", "c"])[(y + (X[:, 0] > 1.2)).clip(0, 2)]
    model = mlp().fit(X, names)
    some = names != "a"
    picture = fs.boundary(model, X[some], names[some])
    assert picture.evaluations is None
    with pytest.raises(ValueError, match="does not know the class d"):
        fs.boundary(model, X, np.where(names == "a", "d", names))


def test_many_dimensions_show_a_plane_through_them(iris):
    X, y = iris
    model = make_pipeline(StandardScaler(), mlp()).fit(X, y)
    names = ["sl", "sw", "pl", "pw"]
    by_name = fs.boundary(model, X, y, feature_names=names, features=("pl", "pw"), class_names=["setosa", "versicolor", "virginica"])
    by_number = fs.boundary(model, X, y, feature_names=names, features=(2, 3), class_names=["setosa", "versicolor", "virginica"])
    assert by_name.svg() == by_number.svg()
    # On every border the two best classes are even, the other features at their means.
    for curve in by_name.curves:
        inside = np.column_stack([np.full(len(curve), X[:, 0].mean()), np.full(len(curve), X[:, 1].mean()), curve])
        best = np.sort(model.predict_proba(inside), axis=1)
        assert np.abs(best[:, 2] - best[:, 1]).max() < 1e-6
    assert "held at their mean" in by_name.caption
    assert "principal components" in fs.boundary(model, X, y).caption
    with pytest.raises(ValueError, match="no feature pj; choose two of sl"):
        fs.boundary(model, X, y, feature_names=names, features=("pl", "pj"))


def test_a_forest_is_a_black_box(moons):
    X, y = moons
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = fs.boundary(forest, X, y)
    assert "black box" in picture.caption and picture.evaluations < 12_000
    assert f"{picture.evaluations} points" in picture.caption
    same = fs.boundary(forest.predict_proba, X, y)
    assert [c.tolist() for c in same.curves] == [c.tolist() for c in picture.curves]
    labels = fs.boundary(forest.predict, X, y)
    assert labels.curves
    with pytest.raises(ValueError, match="boundary shows it as a black box"):
        fs.weights(forest)


def test_a_black_boxes_border_is_the_true_one():
    """Of a disc, to a thousandth of a cell for steps and closer for a smooth score."""
    X = np.random.RandomState(1).uniform(-2, 2, size=(100, 2))
    inside = (X**2).sum(axis=1) < 1
    smooth = fs.boundary(lambda P: 1 - (P**2).sum(axis=1), X, inside, output="logit")
    steps = fs.boundary(lambda P: (P**2).sum(axis=1) < 1, X, inside)
    for picture, room in ((smooth, 1e-9), (steps, 5e-5)):
        radii = np.concatenate([np.hypot(*curve.T) for curve in picture.curves])
        assert np.abs(radii - 1).max() < room
        assert picture.evaluations < 12_000


def test_decision_functions(moons, iris):
    X, y = moons
    machine = SVC().fit(X, np.where(y, "b", "a"))
    picture = fs.boundary(machine, X, np.where(y, "b", "a"))
    for curve in picture.curves:
        assert np.abs(machine.decision_function(curve)).max() < 1e-6
    X, y = iris
    fs.boundary(SVC().fit(X, y), X, y)
    with pytest.raises(ValueError, match="ovo"):
        fs.boundary(SVC(decision_function_shape="ovo").fit(X, y), X, y)


def test_wrapped_and_unread_models(moons):
    X, y = moons
    search = GridSearchCV(mlp(), {"alpha": [1e-3, 1e-4]}, cv=2).fit(X, y)
    assert fs.boundary(search, X, y).evaluations is None
    curved = make_pipeline(PolynomialFeatures(3), LogisticRegression()).fit(X, y)
    assert fs.boundary(curved, X, y).evaluations > 0
    doubled = make_pipeline(FunctionTransformer(lambda X: 2 * X), mlp()).fit(X, y)
    assert fs.boundary(doubled, X, y).evaluations > 0


def test_an_estimator_whose_layers_lie_is_found_out(moons):
    """The chain is compared with the model on the data; where they differ, the model's answers count."""
    X, y = moons
    model = mlp().fit(X, y)

    class Shifted(MLPClassifier):
        def predict_proba(self, X):
            return super().predict_proba(np.asarray(X) + [0.5, 0.0])

    Shifted.__name__ = "MLPClassifier"
    shifted = Shifted()
    shifted.__dict__ = model.__dict__
    with pytest.warns(fs.BlackBoxWarning, match="other answers than the model itself"):
        picture = fs.boundary(shifted, X, y)
    for curve in picture.curves:
        assert np.abs(shifted.predict_proba(curve)[:, 1] - 0.5).max() < 1e-6


def test_regressions(iris):
    X, y = iris
    model = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(5,), max_iter=300, random_state=0)).fit(X[:, :3], X[:, 3])
    assert "R^2" in fs.prediction(model, X[:, :3], X[:, 3]).caption
    fs.residuals(model, X[:, :3], X[:, 3])
    with pytest.raises(ValueError, match="draw prediction, residuals or data"):
        fs.boundary(model, X[:, :3], X[:, 3])
    fs.data(X[:, :3], X[:, 3])


def test_other_peoples_estimators(moons):
    X, y = moons

    class Rule(ClassifierMixin, BaseEstimator):
        def predict(self, X):
            return np.where(np.asarray(X)[:, 0] > 0.5, 1, 0)

    picture = fs.boundary(Rule(), X, y)
    assert np.abs(np.vstack(picture.curves)[:, 0] - 0.5).max() < 1e-4


def test_refusals(moons):
    X, y = moons
    with pytest.raises(ValueError, match="call fit first"):
        fs.boundary(MLPClassifier(), X, y)
    with pytest.raises(ValueError, match="make one"):
        fs.boundary(MLPClassifier, X, y)
    with pytest.raises(ValueError, match="no model that can be asked"):
        fs.boundary(3, X, y)
    model = mlp().fit(X, y)
    with pytest.raises(ValueError, match="features"):
        fs.boundary(model, np.c_[X, X], y)
    several = MLPClassifier((3,), max_iter=5).fit(X, np.c_[y, 1 - y, y])
    with pytest.raises(ValueError, match="several labels"):
        fs.boundary(several, X, y)
    with pytest.raises(ValueError, match='output="probability", "logit" or "value"'):
        fs.boundary(lambda P: np.tanh(P[:, 0]), X, y)
    with pytest.raises(ZeroDivisionError):
        fs.boundary(lambda P: 1 / 0, X, y)


def test_twelve_classes_and_one_feature():
    X, y = make_blobs(240, centers=12, cluster_std=0.6, random_state=0)
    model = make_pipeline(StandardScaler(), mlp()).fit(X, y)
    fs.boundary(model, X, y)
    forest = RandomForestClassifier(5, random_state=0).fit(X, y)
    fs.boundary(forest, X, y)
    one = X[:, :1]
    target = (X[:, 0] > 0).astype(int)
    for made in (mlp(), RandomForestClassifier(5, random_state=0)):
        picture = fs.boundary(made.fit(one, target), one, target, features="height")
        assert "height" not in picture.caption and len(picture.svg()) > 5000


def test_columns_in_another_order_are_no_silent_swap(moons):
    X, y = moons
    frame = pd.DataFrame(X, columns=["width", "height"])
    for model in (mlp().fit(frame, y), RandomForestClassifier(5, random_state=0).fit(frame, y)):
        with pytest.raises(ValueError, match=r"give X\[\['width', 'height'\]\]"):
            fs.boundary(model, frame[["height", "width"]], y)
        with pytest.raises(ValueError, match="not trained on a column w;"):
            fs.boundary(model, frame.rename(columns={"width": "w"}), y)
        assert fs.boundary(model, X, y).curves


def test_regressions_that_part_classes_and_black_boxes_that_predict(moons):
    X, y = moons
    model = MLPRegressor(hidden_layer_sizes=(8,), max_iter=300, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match='output="value"'):
        fs.boundary(model, X, y)
    for curve in fs.boundary(model, X, y, output="value").curves:
        assert np.abs(model.predict(curve) - 0.5).max() < 1e-9
    forest = RandomForestRegressor(5, random_state=0).fit(X, X[:, 0] ** 2)
    error = np.sqrt(np.mean((forest.predict(X) - X[:, 0] ** 2) ** 2))
    assert f"{error:.3g}" in fs.prediction(forest, X, X[:, 0] ** 2).caption
    fs.residuals(forest, X, X[:, 0] ** 2)


def test_a_search_that_kept_no_model(moons):
    X, y = moons
    with pytest.raises(ValueError, match="refit=True"):
        fs.boundary(GridSearchCV(mlp(), {"alpha": [1e-3]}, cv=2, refit=False).fit(X, y), X, y)
