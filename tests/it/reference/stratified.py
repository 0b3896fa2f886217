"""scikit-learn's stratified splits, which tests/it/split.rs compares with.

    python stratified.py        writes stratified.json beside this script

Made with scikit-learn 1.9 and NumPy 2.4.
"""

import json
import pathlib

import numpy as np
from sklearn.model_selection import train_test_split

# Samples per class: even, uneven, with ties among the remainders, many classes, few samples.
COUNTS = [[10, 10], [7, 13], [50, 50, 50], [3, 5, 9, 4], [33, 2, 65], [2, 2, 2], [11] * 7, [100, 3, 41, 17, 5]]
CASES = [(counts, fraction, seed) for counts in COUNTS for fraction in (0.2, 0.25, 0.5) for seed in (0, 1, 42, 2**32 - 1)]


def labels(counts):
    """Classes in an order that no sorting made: sample i of n stands at 7 i mod n, or a step that has no factor in common."""
    sorted_labels = np.repeat(np.arange(len(counts)), counts)
    n = len(sorted_labels)
    step = next(s for s in range(7, 7 + n) if np.gcd(s, n) == 1)
    return sorted_labels[(np.arange(n) * step) % n]


cases = []
for counts, fraction, seed in CASES:
    y = labels(counts)
    try:
        train, test = train_test_split(np.arange(len(y)), test_size=fraction, random_state=seed, stratify=y)
    except ValueError:  # too few samples
        train = test = None
    if train is not None and len(np.unique(y[train])) < len(counts):
        continue  # here foldspace keeps a sample of every class in the training part
    split = None if train is None else {"train": train.tolist(), "test": test.tolist()}
    cases.append({"labels": y.tolist(), "fraction": fraction, "seed": seed, "split": split})
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
