"""Writes the four tables beside it from scikit-learn's copies, as a user would save them: pip install scikit-learn."""

import csv
import pathlib

from sklearn import datasets

HERE = pathlib.Path(__file__).parent


def number(x):
    return f"{x:g}" if x == float(f"{x:g}") else repr(float(x))


def write(name, header, rows):
    with open(HERE / f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


wine = datasets.load_wine()
write(
    "wine",
    list(wine.feature_names) + ["cultivar"],
    [[number(x) for x in row] + [wine.target_names[label]] for row, label in zip(wine.data, wine.target)],
)

cancer = datasets.load_breast_cancer()
write(
    "breast_cancer",
    ["diagnosis"] + list(cancer.feature_names),
    [[cancer.target_names[label]] + [number(x) for x in row] for row, label in zip(cancer.data, cancer.target)],
)

diabetes = datasets.load_diabetes(scaled=False)
write(
    "diabetes",
    list(diabetes.feature_names) + ["progression"],
    [[number(x) for x in row] + [int(label)] for row, label in zip(diabetes.data, diabetes.target)],
)
