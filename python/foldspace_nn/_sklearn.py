"""scikit-learn's estimators and whatever has their methods, and plain functions."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ._arrays import array, refuse
from .models import Chain, Reading, Unreadable, ancestry, calling, read as read_any

__all__ = ["is_estimator", "read", "read_function"]

METHODS = ("predict_proba", "decision_function", "predict")
LINEAR = {"LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "ElasticNet", "ElasticNetCV", "BayesianRidge", "HuberRegressor", "SGDRegressor", "LinearSVR"}


def is_estimator(model: Any) -> bool:
    return any(hasattr(model, method) for method in METHODS) and not isinstance(model, type)


def read(model: Any) -> Reading:
    source = type(model).__name__
    if hasattr(model, "best_estimator_"):
        model = model.best_estimator_
    if hasattr(model, "module_") and any(kind.startswith("skorch.") for kind in ancestry(model)):
        return of_skorch(model, source)
    check_fitted(model)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if last is not model:
        source = f"{type(last).__name__} in a pipeline"
    task = "values" if is_regressor(last) else "classes"
    method = "predict" if task == "values" else next((name for name in METHODS if has(model, name)), "predict")
    classes = getattr(model, "classes_", None)
    if isinstance(classes, list) or (classes is not None and np.asarray(classes).ndim != 1) or several_labels(last):
        raise refuse(source, "it predicts several labels for each sample at once", "give a function that scores one of them: lambda X: model.predict_proba(X)[0]")
    reading = Reading(
        source,
        evaluate=asked(model, method),
        exact=True,
        kind={"predict_proba": "probability", "decision_function": "logit", "predict": "label"}[method] if task == "classes" else "value",
        classes=None if classes is None or task == "values" else np.asarray(classes),
        task=task,
        names=list(map(str, model.feature_names_in_)) if hasattr(model, "feature_names_in_") else None,
        expected=True,
    )
    check_kind(model, method)
    try:
        reading.chain, reading.exact = walk(model)
    except Unreadable as error:
        reading.reason = str(error)
    return reading


def of_skorch(net: Any, source: str) -> Reading:
    reading = read_any(net.module_)
    reading.source = source
    if has(net, "predict_proba"):
        reading.task = "classes"
        try:
            reading.classes = np.asarray(net.classes_)
        except AttributeError:
            pass
        if "BCEWithLogits" in type(getattr(net, "criterion_", None)).__name__:
            reading.kind = "logit"
    return reading


def has(model: Any, name: str) -> bool:
    """Whether the method can be called: SVC has predict_proba only where it was asked for."""
    try:
        return callable(getattr(model, name))
    except AttributeError:
        return False


def check_fitted(model: Any) -> None:
    if not any(kind.startswith("sklearn.") for kind in ancestry(model)):
        return
    from sklearn.exceptions import NotFittedError
    from sklearn.utils.validation import check_is_fitted

    try:
        check_is_fitted(model)
    except NotFittedError:
        raise refuse(type(model).__name__, "it is not trained yet", "call fit first") from None
    except TypeError:
        pass


def is_regressor(model: Any) -> bool:
    if getattr(model, "_estimator_type", None) == "regressor":
        return True
    try:
        from sklearn.base import is_regressor as ask

        return bool(ask(model))
    except Exception:
        return False


def several_labels(model: Any) -> bool:
    binarizer = getattr(model, "_label_binarizer", None)
    return getattr(binarizer, "y_type_", "") == "multilabel-indicator"


def check_kind(model: Any, method: str) -> None:
    """Scores per pair of classes are no scores per class."""
    if method == "decision_function" and getattr(model, "decision_function_shape", "ovr") == "ovo":
        if len(getattr(model, "classes_", ())) > 2:
            raise refuse(type(model).__name__, 'decision_function_shape="ovo" scores pairs of classes', 'train it with "ovr", or give model.predict')


def asked(model: Any, method: str) -> Callable[[np.ndarray], np.ndarray]:
    call = getattr(model, method)
    names = getattr(model, "feature_names_in_", None)

    def evaluate(X: np.ndarray) -> np.ndarray:
        if names is not None and X.ndim == 2 and len(names) == X.shape[1]:
            try:
                import pandas
            except ImportError:
                pass
            else:
                X = pandas.DataFrame(X, columns=names)
        with calling(f"{type(model).__name__}.{method}", X):
            return array(call(X))

    return evaluate


def read_function(function: Callable[..., Any]) -> Reading:
    """A function of samples; a bound method says whose it is, and what it gives."""
    name = getattr(function, "__name__", type(function).__name__)
    owner = getattr(function, "__self__", None)
    if owner is not None and name in METHODS and is_estimator(owner):
        whole = read(owner)
        check_kind(owner, name)
        kind = {"predict_proba": "probability", "decision_function": "logit", "predict": "label"}[name]
        return Reading(
            f"{type(owner).__name__}.{name}",
            evaluate=asked(owner, name),
            kind="value" if whole.task == "values" else kind,
            classes=whole.classes,
            task=whole.task,
            names=whole.names,
            reason="nothing but a method's answers",
            expected=True,
        )
    shown = "A function" if name.startswith("<") else name.replace("$", "")

    def evaluate(X: np.ndarray) -> np.ndarray:
        with calling(shown, X):
            return array(function(X))

    return Reading(shown, evaluate=evaluate, reason="nothing but a function's answers", expected=True)


def walk(model: Any) -> tuple[Chain, bool]:
    """The chain of an estimator or a pipeline, and whether it computes in float64."""
    chain = Chain()
    if not hasattr(model, "steps"):
        return chain, end(chain, type(model).__name__, model)
    for name, step in model.steps[:-1]:
        if step is None or step == "passthrough":
            continue
        transform(chain, name, step)
        chain.mark(name)
    name, last = model.steps[-1]
    return chain, end(chain, name, last)


def transform(chain: Chain, name: str, step: Any) -> None:
    kind = type(step).__name__
    if kind == "StandardScaler":
        units = step.n_features_in_
        chain.scale(1.0 if step.scale_ is None else 1.0 / step.scale_, step.mean_ if step.with_mean else None, units=units)
    elif kind == "MinMaxScaler" and not step.clip:
        chain.scale(step.scale_, None, step.min_)
    elif kind == "MaxAbsScaler":
        chain.scale(1.0 / step.scale_)
    elif kind == "RobustScaler":
        units = step.n_features_in_
        chain.scale(1.0 if step.scale_ is None else 1.0 / step.scale_, step.center_, units=units)
    elif kind == "PCA":
        weight = step.components_
        if step.whiten:
            weight = weight / np.sqrt(step.explained_variance_)[:, None]
        chain.affine(name, weight, -weight @ step.mean_)
    elif hasattr(step, "steps"):
        for inner, part in step.steps:
            if part is not None and part != "passthrough":
                transform(chain, inner, part)
    else:
        raise Unreadable(f"a step of kind {kind}")


def end(chain: Chain, name: str, model: Any) -> bool:
    """The steps of the last estimator; whether they are in float64."""
    kind = type(model).__name__
    if kind in ("MLPClassifier", "MLPRegressor"):
        hidden = {"logistic": "sigmoid"}.get(model.activation, model.activation)
        last = {"logistic": "sigmoid"}.get(model.out_activation_, model.out_activation_)
        if last not in ("identity", "sigmoid", "softmax"):
            raise Unreadable(f"{last} at its end")
        count = len(model.coefs_)
        for k, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
            layer = f"hidden{k + 1}" if k < count - 1 else "output"
            chain.affine(layer, weight.T, bias)
            chain.activate(hidden if k < count - 1 else last)
            chain.mark(layer)
        return model.coefs_[0].dtype == np.float64
    if kind in ("LogisticRegression", "LogisticRegressionCV"):
        if len(model.coef_) > 1 and (getattr(model, "solver", "") == "liblinear" or getattr(model, "multi_class", "") == "ovr"):
            raise Unreadable("a model per class")
        chain.affine("output", model.coef_, model.intercept_)
        chain.activate("sigmoid" if len(model.coef_) == 1 else "softmax")
        return model.coef_.dtype == np.float64
    if kind in LINEAR:
        weight = np.atleast_2d(model.coef_)
        chain.affine("output", weight, np.broadcast_to(model.intercept_, (len(weight),)))
        return weight.dtype == np.float64
    raise Unreadable(f"no layers ({kind})")
