"""A training filmed while it runs: weights are kept, pictures are drawn when the film is saved."""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path
from typing import Any, Iterator

import numpy as np

from . import _native, models
from ._arrays import refuse
from ._figures import OUTPUTS, Scene
from .models import Chain
from .picture import Animation

__all__ = ["Film", "record"]

MOST = 600
"""Kept networks; beyond, every other one is left out and half as many are taken."""


class Film:
    """The film of a training, and a Keras callback: `model.fit(X, y, callbacks=[fs.Film(model, X, y)])`.

    Elsewhere call `snap()` whenever a picture is wanted. `model` and the data are looked at with the same options as in
    `boundary`.
    """

    def __init__(
        self, model: Any, X: Any, y: Any, *, every: int = 1, output: str = "auto", features: Any = None, feature_names: Any = None, class_names: Any = None,
        theme: str = "light", unit: str = "epoch",
    ) -> None:  # fmt: skip
        if int(every) < 1:
            raise refuse("every", f"a picture every {every} {unit}s", "give 1 or more")
        if output not in OUTPUTS:
            raise refuse("output", f"{output!r} does not say what an output means", f"choose among {', '.join(OUTPUTS)}")
        if theme not in ("light", "dark"):
            raise refuse("theme", f"there is no theme {theme!r}", "choose light or dark")
        if unit not in ("epoch", "step"):
            raise refuse("unit", f"{unit!r} is not counted", "choose epoch or step")
        self._model, self._X, self._y = model, X, y
        self._look = {"features": features, "feature_names": feature_names, "class_names": class_names}
        self._output, self._theme = output, theme
        self._every, self._unit = int(every), unit
        self._frames: list[tuple[int, Chain]] = []
        self._scene: Scene | None = None
        self._count = 0
        self._reached = self._before = 0
        self._begun = False

    def __len__(self) -> int:
        """The number of networks kept."""
        return len(self._frames)

    def __repr__(self) -> str:
        return f"<foldspace film: {len(self)} pictures>"

    def check(self) -> None:
        """Finds out before a training whether there can be a film of it.

        Raises ValueError where there can't.
        """
        reading = models.read(self._model)
        if reading.chain is None:
            raise refuse(reading.source, f"a film keeps the weights of a chain of layers, and it has {reading.reason}", "draw boundary before and after the training instead")
        self._scene = Scene(reading, self._X, self._y, self._output, **self._look)
        self._scene.chain()
        if self._scene.data.classes is None:
            raise refuse("y", "the targets are numbers, and a film shows how classes come apart", "draw prediction or residuals of the trained network")
        self._native([(0, reading.chain)])

    def snap(self, count: int | None = None) -> None:
        """Keeps the weights as they are now; `count` says how far training is, by default how often this was called."""
        reading = models.read(self._model)
        if self._scene is None:
            self.check()
            reading = self._scene.reading if self._scene is not None else reading
        if reading.chain is None:
            raise refuse(reading.source, f"it has {reading.reason}", "leave the layers as they were when the film began")
        if count is None:
            count = self._count
        self._count = count + 1
        self._frames.append((count, reading.chain))
        if len(self._frames) > MOST:
            self._frames = [*self._frames[:-1:2], self._frames[-1]]
            self._every *= 2

    def _moved(self) -> bool:
        """Whether the weights are others than in the last picture."""
        now, last = models.read(self._model).chain, self._frames[-1][1]
        return now is not None and any(not np.array_equal(a, b) for one, other in zip(now.steps, last.steps) for a, b in zip(one, other) if isinstance(a, np.ndarray))

    def tick(self, count: int) -> None:
        """Keeps the weights where `count` is one of those that are wanted."""
        if count % self._every == 0:
            self.snap(count)

    def _animation(self, most: int | None = None) -> Animation:
        if not self._frames or self._scene is None:
            raise refuse("film", "there is no picture in it yet", "train with it as a callback, or call snap()")
        frames = self._sound()
        if most is not None and len(frames) > most:
            frames = [frames[k * (len(frames) - 1) // max(most - 1, 1)] for k in range(most)]
        return Animation(self._native(frames), self._theme, 15)

    def _sound(self) -> list[tuple[int, Chain]]:
        """The pictures until a training diverges, if it does."""
        for place, (count, chain) in enumerate(self._frames):
            if not chain.finite():
                if place == 0:
                    raise refuse("film", "the weights are not finite from the beginning", "lower the learning rate, and begin with fresh weights")
                warnings.warn(f"from {self._unit} {count} on the weights are not finite, the training diverged: the film ends before", stacklevel=4)
                return self._frames[:place]
        return self._frames

    def _native(self, frames: list[tuple[int, Chain]]) -> _native.Animation:
        scene = self._scene
        assert scene is not None
        width = scene.data.X.shape[1]
        kind = self._output if self._output != "auto" or scene.reading.kind != "logit" else "logit"
        networks = [(count, chain.build(inputs=width).read_output(kind, scene.data.raw_names)) for count, chain in frames]
        return _native.film(networks, scene.data.native, self._unit, scene.data.features)

    def save(self, path: str | os.PathLike[str], fps: int = 15, scale: float = 1.0, frames: int = 300) -> Path:
        """Draws it and writes `.gif`, `.apng` or `.mp4`, of at most so many `frames`, evenly chosen."""
        if int(frames) < 2:
            raise refuse("frames", f"a film of {frames} pictures", "give 2 or more")
        return self._animation(int(frames)).save(path, fps, scale)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if not self._frames:
            return {"text/plain": repr(self)}
        return self._animation(120)._repr_mimebundle_()

    # A Keras callback, by its methods: Keras need not be there.
    def set_model(self, model: Any) -> None:
        """Keras says which model it trains."""
        own, trained = ({id(variable) for variable in getattr(one, "trainable_variables", ())} for one in (self._model, model))
        if own and trained and not own & trained:
            raise refuse("film", "it is of another model than the one that is trained", "make it of that one: fs.Film(model, X, y)")

    def set_params(self, params: Any) -> None:
        """Keras says how it trains."""

    def on_train_begin(self, logs: Any = None) -> None:
        """The network before training."""
        self._begun = False
        if not self._frames:
            self.snap(0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """The network after an epoch. A second fit counts from 0 again, and its epochs come after those of the first."""
        if not self._begun:
            self._begun = True
            self._before = 0 if epoch + 1 > self._reached else self._reached - epoch
        self._reached = self._before + epoch + 1
        self.tick(self._reached)

    def skorch(self) -> Any:
        """A skorch callback that fills this film."""
        from skorch.callbacks import Callback

        film = self

        class SkorchFilm(Callback):
            def on_train_begin(self, net: Any, **kwargs: Any) -> None:
                film._model = net.module_
                if not film._frames:
                    film.snap(0)

            def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
                film.tick(len(net.history))

        return SkorchFilm()

    def lightning(self) -> Any:
        """A Lightning callback that fills this film."""
        try:
            from lightning.pytorch.callbacks import Callback
        except ImportError:
            from pytorch_lightning.callbacks import Callback

        film = self

        class LightningFilm(Callback):
            def on_fit_start(self, trainer: Any, module: Any) -> None:
                if not film._frames:
                    film.snap(0)

            def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
                film.tick(trainer.current_epoch + 1)

        return LightningFilm()


def _nothing(self: Film, *_: Any, **__: Any) -> None:
    """Nothing to keep here."""


for _hook in (
    "on_train_end", "on_epoch_begin", "on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end", "on_test_begin", "on_test_end",
    "on_test_batch_begin", "on_test_batch_end", "on_predict_begin", "on_predict_end", "on_predict_batch_begin", "on_predict_batch_end",
):  # fmt: skip
    setattr(Film, _hook, _nothing)
# Weights are copied when the call is made, so that no later batch can change them meanwhile.
Film.async_safe = True  # type: ignore[attr-defined]


@contextlib.contextmanager
def record(
    model: Any, X: Any, y: Any, *, every: int = 10, output: str = "auto", features: Any = None, feature_names: Any = None, class_names: Any = None, theme: str = "light",
) -> Iterator[Film]:  # fmt: skip
    """Films a PyTorch training loop as it is: `with fs.record(model, X, y) as film: train(model)`.

    Every `every` steps of an optimiser that trains `model` its weights are kept.
    """
    if not any(kind.startswith("torch.nn.") for kind in models.ancestry(model)):
        raise refuse(type(model).__name__, "record listens to PyTorch's optimisers", "make film = fs.Film(model, X, y): a callback in Keras, and film.snap() after each partial_fit in scikit-learn")
    from torch.optim.optimizer import register_optimizer_step_post_hook

    film = Film(model, X, y, every=every, output=output, features=features, feature_names=feature_names, class_names=class_names, theme=theme, unit="step")
    film.check()
    film.snap(0)
    steps = 0

    def after_step(optimizer: Any, *_: Any) -> None:
        nonlocal steps
        own = {id(parameter) for parameter in model.parameters()}
        if any(id(parameter) in own for group in optimizer.param_groups for parameter in group["params"]):
            steps += 1
            film.tick(steps)

    handle = register_optimizer_step_post_hook(after_step)
    try:
        yield film
    finally:
        handle.remove()
        if film._frames[-1][0] != steps:
            film.snap(steps)
        elif steps == 0 and film._moved():
            warnings.warn("no optimiser of PyTorch's made a step, and yet the weights have changed: call film.snap() after each update", stacklevel=3)
            film.snap(1)


