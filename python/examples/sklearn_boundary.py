"""The decision boundary of a scikit-learn pipeline, exact, and of a forest, by few questions.

    pip install foldspace-nn scikit-learn pandas
    python sklearn_boundary.py        writes pipeline.svg, forest.png and weights.svg
"""

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import foldspace_nn as fs

iris = load_iris(as_frame=True)
X, y = iris.data, iris.target_names[iris.target]  # a DataFrame and names: both as they are

model = make_pipeline(StandardScaler(), MLPClassifier((8, 2), activation="tanh", max_iter=4000, random_state=0)).fit(X, y)

# Four features: the picture shows the plane of two, the others at their means. The scaler is folded into the first layer,
# so the axes are in centimetres.
picture = fs.boundary(model, X, y, features=("petal length (cm)", "petal width (cm)"))
picture.save("pipeline.svg")

# The border itself, for matplotlib or anything else: on it the two likeliest classes are even.
for curve in picture.curves:
    inside = X.mean().to_numpy() * np.ones((len(curve), 1))
    inside[:, 2:] = curve
    best = np.sort(model.predict_proba(pd.DataFrame(inside, columns=X.columns)), axis=1)
    print(f"a border of {len(curve)} points, even to {np.abs(best[:, 2] - best[:, 1]).max():.1e}")

# A forest has no layers to read. Only its answers count, and few are asked for.
forest = RandomForestClassifier(100, random_state=0).fit(X, y)
seen = fs.boundary(forest, X, y, features=("petal length (cm)", "petal width (cm)"))
seen.save("forest.png", dpi=200)
print(f"the forest was asked for {seen.evaluations} samples")

fs.weights(model).save("weights.svg")
