"""What a figure function gives back: a picture that shows itself in a notebook and saves itself to a file."""

from __future__ import annotations

import base64
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from . import _native
from ._arrays import refuse

__all__ = ["Animation", "Picture"]

MOST_SVG = 500_000
"""A notebook gets a PNG where the SVG would be larger, in bytes."""


class Picture:
    """A finished figure."""

    def __init__(self, figure: _native.Figure, theme: str = "light") -> None:
        self._figure = figure
        self._theme = theme

    @property
    def caption(self) -> str:
        """The words below the picture."""
        return self._figure.caption

    @property
    def title(self) -> str:
        """The words above it."""
        return self._figure.title

    @property
    def curves(self) -> list[np.ndarray]:
        """The border between the classes, a polyline (m x 2) each, in the axes' coordinates: `ax.plot(*curve.T)`."""
        return [np.frombuffer(curve).reshape(-1, 2).copy() for curve in self._figure.curves]

    @property
    def evaluations(self) -> int | None:
        """How many samples a black box was asked for; `None` where the network itself was read."""
        return self._figure.evaluations

    def svg(self) -> str:
        """The picture as an SVG document, the same each time."""
        return self._figure.svg(self._theme)

    def png(self, dpi: float = 192.0) -> bytes:
        """The picture as a PNG file's bytes."""
        return self._figure.png(self._theme, float(dpi))

    def save(self, path: str | os.PathLike[str], dpi: float = 192.0) -> Path:
        """Writes `.svg`, `.pdf` or `.png`; `dpi` matters to PNG alone."""
        if hasattr(path, "write"):
            raise refuse("save", "it takes a path", "write picture.png() or picture.svg() to an open file")
        self._figure.save(os.fspath(path), self._theme, float(dpi))
        return Path(path)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        svg = self.svg()
        if len(svg) <= MOST_SVG:
            return {"image/svg+xml": svg, "text/plain": repr(self)}
        return {"image/png": base64.b64encode(self.png()).decode("ascii"), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<foldspace picture: {self.title}>"


class Animation:
    """A planned animation; it is drawn when it is saved or shown."""

    _fps = 25

    def __init__(self, native: _native.Animation, theme: str = "light", fps: int | None = None, least: int = 1) -> None:
        if theme not in ("light", "dark"):
            raise refuse("theme", f"there is no theme {theme!r}", "choose light or dark")
        self._native = native
        self._least = least
        self._theme = theme
        self._fps = type(self)._fps if fps is None else fps

    def save(self, path: str | os.PathLike[str], fps: int | None = None, scale: float = 1.0) -> Path:
        """Writes `.gif`, `.apng` or `.mp4` (which needs ffmpeg)."""
        if hasattr(path, "write"):
            raise refuse("save", "it takes a path", "save to one and read it again")
        path = Path(path)
        kind = path.suffix.lower().lstrip(".")
        if kind not in ("gif", "apng", "mp4"):
            raise refuse(str(path), "an animation is saved as .gif, .apng or .mp4", "give the file one of these endings")
        fps = int(self._fps if fps is None else fps)
        if fps < self._least:
            raise refuse("fps", f"{fps} frames per second are too few for its movements", f"give {self._least} or more")
        written = self._native.save(str(path), kind, self._theme, fps, float(scale))
        return Path(written[0])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        with tempfile.TemporaryDirectory() as folder:
            shown = self.save(Path(folder) / "animation.apng").read_bytes()
        return {"image/png": base64.b64encode(shown).decode("ascii"), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<foldspace animation: {self._native.pictures(self._fps)} pictures>"
