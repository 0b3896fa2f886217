"""A Keras training, filmed by a callback; every epoch a picture.

    pip install foldspace-nn keras jax scikit-learn
    KERAS_BACKEND=jax python keras_callback.py        writes film.gif and flow.gif
"""

import keras
from keras import layers
from sklearn.datasets import make_circles

import foldspace_nn as fs

X, y = make_circles(300, noise=0.08, factor=0.4, random_state=0)

keras.utils.set_random_seed(1)
model = keras.Sequential([
    layers.Input((2,)),
    layers.Dense(12, activation="tanh"),
    layers.Dense(3, activation="tanh"),
    layers.Dense(1, activation="sigmoid"),
])  # fmt: skip
model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy")

film = fs.Film(model, X, y, every=2)
model.fit(X, y, epochs=40, batch_size=30, verbose=0, callbacks=[film])
film.save("film.gif")

# Where the plane goes, layer by layer, until a plane of three units parts the rings.
fs.flow(model, X, y).save("flow.gif", fps=10)

answer = fs.separability(fs.activations(model, X), y)
print(f"separable: {answer['separable']}, {len(film)} pictures")
