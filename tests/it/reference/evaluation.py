"""What scikit-learn says of predictions: writes evaluation.json beside it (pip install scikit-learn)."""

import json
import pathlib

import numpy
from sklearn import metrics

random = numpy.random.RandomState(7)
cases = {"scikit_learn": __import__("sklearn").__version__, "classes": [], "numbers": []}

for classes, samples, missed in [(2, 30, None), (3, 50, 1), (5, 200, None), (10, 500, 4), (3, 4, None)]:
    right = random.randint(0, classes, samples)
    said = numpy.where(random.rand(samples) < 0.6, right, random.randint(0, classes, samples))
    if missed is not None:
        said[said == missed] = (missed + 1) % classes  # a class that is never said
    names = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        right, said, labels=names, zero_division=0
    )
    cases["classes"].append(
        {
            "names": classes,
            "right": right.tolist(),
            "said": said.tolist(),
            "confusion": metrics.confusion_matrix(right, said, labels=names).tolist(),
            "accuracy": metrics.accuracy_score(right, said),
            "macro_f1": metrics.f1_score(right, said, average="macro", zero_division=0),
            "precision": precision.tolist(),
            "recall": recall.tolist(),
            "f1": f1.tolist(),
            "support": support.tolist(),
        }
    )

for samples, scale in [(2, 1.0), (20, 1.0), (100, 1e6), (50, 1e-5), (30, 1e150)]:
    right = scale * (random.randn(samples) + 3)
    said = right + scale * 0.5 * random.randn(samples)
    cases["numbers"].append(
        {
            "right": right.tolist(),
            "said": said.tolist(),
            "r2": metrics.r2_score(right, said),
            "rmse": metrics.root_mean_squared_error(right, said),
            "mae": metrics.mean_absolute_error(right, said),
        }
    )

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, allow_nan=False) + "\n")
