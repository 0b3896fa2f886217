"""scikit-learn's folds: writes folds.json beside it (pip install scikit-learn)."""

import json
import pathlib

import numpy
from sklearn.model_selection import KFold, StratifiedKFold

cases = []
for samples, folds, seed, classes in [(7, 3, 0, 0), (100, 5, 42, 0), (53, 10, 1, 0), (60, 5, 42, 3), (101, 4, 7, 2), (47, 6, 3, 5)]:
    random = numpy.random.RandomState(seed + 100)
    labels = random.choice(classes, samples, p=numpy.arange(1, classes + 1) / sum(range(1, classes + 1))) if classes else None
    kind = StratifiedKFold if classes else KFold
    splits = kind(folds, shuffle=True, random_state=seed).split(numpy.zeros(samples), labels)
    cases.append(
        {
            "samples": samples,
            "folds": folds,
            "seed": seed,
            "labels": None if labels is None else labels.tolist(),
            "test": [test.tolist() for _, test in splits],
        }
    )
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(cases) + "\n")
