"""What a trained network is, in pictures.

>>> import foldspace_nn as fs
>>> fs.boundary(model, X, y)            # shows itself in a notebook  # doctest: +SKIP

A model is a PyTorch module, a scikit-learn estimator, a Keras model, an Equinox module, a path to an ONNX file, a
`Network` of plain arrays, or any function from samples to scores.
"""

from ._figures import (
    activations,
    boundary,
    data,
    embedding,
    flow,
    network,
    prediction,
    regions,
    residuals,
    separability,
    spectrum,
    weights,
)
from ._native import __version__
from .film import Film, record
from .models import BlackBoxWarning, Network
from .picture import Animation, Picture

__all__ = [
    "Animation",
    "BlackBoxWarning",
    "Film",
    "Network",
    "Picture",
    "__version__",
    "activations",
    "boundary",
    "data",
    "embedding",
    "flow",
    "network",
    "prediction",
    "record",
    "regions",
    "residuals",
    "separability",
    "spectrum",
    "weights",
]
