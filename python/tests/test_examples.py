"""The tutorials and the READMEs' blocks run."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


def there(*modules):
    return all(importlib.util.find_spec(module) for module in modules)


TRAINERS = [name for name in ("jax", "torch") if there(name)]
TUTORIALS = [
    pytest.param("pytorch_film.py", {}, ["training.gif", "embedding.svg"], marks=pytest.mark.skipif(not there("torch"), reason="PyTorch is not installed")),
    ("sklearn_boundary.py", {}, ["pipeline.svg", "forest.png", "weights.svg"]),
    pytest.param("keras_callback.py", {"KERAS_BACKEND": (TRAINERS or [""])[0]}, ["film.gif", "flow.gif"], marks=pytest.mark.skipif(not (TRAINERS and there("keras")), reason="Keras has no backend that trains")),
]


@pytest.mark.parametrize(("script", "settings", "files"), TUTORIALS)
def test_a_tutorial(script, settings, files, tmp_path):
    done = subprocess.run([sys.executable, HERE / "examples" / script], cwd=tmp_path, env=os.environ | settings, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in files:
        assert (tmp_path / name).stat().st_size > 2000
    if "separable" in done.stdout:
        assert "separable: True" in done.stdout


def blocks(readme, heading):
    text = readme.read_text()
    section = re.split(rf"^## {heading}$", text, flags=re.MULTILINE)[-1] if heading else text
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    return re.findall(r"^```python\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("readme", "heading"), [(HERE / "README.md", ""), (HERE.parent / "README.md", "From Python")])
def test_the_blocks_of_a_readme(readme, heading, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = blocks(readme, heading)
    assert found
    names = {}
    for block in found:
        if "torch" in block and not there("torch"):
            continue
        exec(compile(block, str(readme), "exec"), names)  # noqa: S102
