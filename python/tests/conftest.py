"""What every test shares: data, and Keras on NumPy where nothing else is wanted."""

import os

os.environ.setdefault("KERAS_BACKEND", "numpy")

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_moons


@pytest.fixture(scope="session")
def moons() -> tuple[np.ndarray, np.ndarray]:
    return make_moons(150, noise=0.12, random_state=3)


@pytest.fixture(scope="session")
def iris() -> tuple[np.ndarray, np.ndarray]:
    return load_iris(return_X_y=True)
