"""The Python package against mlxtend's plot_decision_regions and scikit-learn's DecisionBoundaryDisplay: CPU time and evaluations of one
decision boundary, saved as a PNG of the same size.

    python3 -m venv peers && peers/bin/pip install ./python scikit-learn mlxtend matplotlib
    peers/bin/python benches/python_peers.py [--runs 5]

The three take turns in one process, after a round that warms up; user CPU seconds of all threads, as ratios to foldspace's, pair by pair.
foldspace asks the model for its answers on the samples once, to compare them with what it has read; of the network itself it evaluates what it
needs. "Asked" counts the samples that the model's own predict or predict_proba was given.
"""

import argparse
import os
import resource
import statistics
import tempfile
import warnings

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from mlxtend.plotting import plot_decision_regions
from sklearn.datasets import make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

import foldspace_nn as fs

warnings.filterwarnings("ignore")


def cpu():
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


def counting(model):
    """The samples that the model has been asked for since."""
    model.asked = 0
    for name in ("predict", "predict_proba", "decision_function"):
        if not hasattr(model, name):
            continue
        method = getattr(type(model), name)

        def counted(self, X, method=method):
            # predict calls predict_proba: what is asked from outside counts once.
            outermost = not self.__dict__.get("inside", False)
            self.inside = True
            try:
                self.asked += len(X) if outermost else 0
                return method(self, X)
            finally:
                if outermost:
                    self.inside = False

        setattr(model, name, counted.__get__(model))
    return model


def foldspace(model, X, y, path):
    fs.boundary(model, X, y).save(path, dpi=96)


def mlxtend(model, X, y, path):
    figure, axes = plt.subplots(figsize=(7.2, 5.6), dpi=100)
    plot_decision_regions(X, y, clf=model, ax=axes)
    figure.savefig(path)
    plt.close(figure)


def sklearn(resolution):
    def draw(model, X, y, path):
        figure, axes = plt.subplots(figsize=(7.2, 5.6), dpi=100)
        DecisionBoundaryDisplay.from_estimator(model, X, response_method="predict", grid_resolution=resolution, ax=axes)
        axes.scatter(*X.T, c=y)
        figure.savefig(path)
        plt.close(figure)

    return draw


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    X, y = make_moons(200, noise=0.2, random_state=0)
    models = {
        "MLP 16-16": MLPClassifier((16, 16), activation="tanh", max_iter=1000, random_state=0),
        "forest of 100": RandomForestClassifier(100, random_state=0, n_jobs=1),
        "SVC": SVC(),
    }
    peers = {"foldspace": foldspace, "mlxtend": mlxtend, "sklearn 100": sklearn(100), "sklearn 640": sklearn(640)}
    print(f"{'model':15}{'library':13}{'asked':>9}{'CPU s':>9}{'ratio':>9}   [lowest, highest]")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "b.png")
        for name, model in models.items():
            model = counting(model.fit(X, y))
            times = {peer: [] for peer in peers}
            asked = {}
            for run in range(runs + 1):
                for peer, draw in peers.items():
                    model.asked = 0
                    before = cpu()
                    draw(model, X, y, path)
                    if run:
                        times[peer].append(cpu() - before)
                    asked[peer] = model.asked
            for peer in peers:
                ratios = [a / b for a, b in zip(times[peer], times["foldspace"])]
                print(f"{name:15}{peer:13}{asked[peer]:9}{statistics.median(times[peer]):9.3f}{statistics.median(ratios):9.2f}   [{min(ratios):.2f}, {max(ratios):.2f}]")
    print(f"numpy {np.__version__}")


if __name__ == "__main__":
    main()
