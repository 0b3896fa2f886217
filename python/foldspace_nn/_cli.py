"""The command `foldspace-nn`: what of the program needs no training. `train`, `sweep` and the rest are the Rust program's."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import _native
from ._arrays import refuse
from .picture import Animation, Picture

__all__ = ["main"]

STILLS = ("data", "boundary", "embedding", "prediction", "residuals", "network", "weights", "spectrum", "regions")
PROGRAM = "foldspace-nn draws networks that are trained already; to train, sweep and explore, install the program foldspace (cargo install foldspace)"


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; the exit status is 0, 1 (failed) or 2 (usage)."""
    parser = argparse.ArgumentParser(prog="foldspace-nn", description="Pictures of trained networks.", epilog=PROGRAM)
    parser.add_argument("--version", action="version", version=f"foldspace-nn {_native.__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw", help="draw a network from a file", epilog="example: foldspace-nn draw net.onnx --data points.csv boundary embedding flow")
    draw.add_argument("model", help="the network: .onnx, or weights in .safetensors, .pt or .pth with --activations")
    draw.add_argument("names", nargs="*", help=f"which figures: {', '.join(STILLS)}, flow; by default all that there can be but flow")
    draw.add_argument("--data", required=True, metavar="FILE", help="a CSV file or NumPy's .npz with the columns that the network takes")
    draw.add_argument("--target", metavar="NAME", help="the column or array of the classes or numbers; by default label or y")
    draw.add_argument("--activations", metavar="A,B,...", default="", help="what follows each layer of a weights file")
    draw.add_argument("--output", choices=("auto", "probability", "logit", "value"), default="auto", help="what the output means")
    draw.add_argument("--features", metavar="A,B", help="the two features to look at, of more")
    draw.add_argument("--format", metavar="F,...", default="", help="svg, png, pdf; for flow gif, apng, mp4; by default svg,png and gif")
    draw.add_argument("--theme", choices=("light", "dark"), default="light")
    draw.add_argument("--dpi", type=float, default=192.0, help="dots per inch of PNG files")
    draw.add_argument("--fps", type=int, default=25, help="frames per second of flow")
    draw.add_argument("-o", "--out", metavar="DIRECTORY", help="where to; by default beside the model, called like it")
    draw.add_argument("-q", "--quiet", action="store_true", help="print nothing but errors")
    # Figures may stand before and after the options.
    given, more = parser.parse_known_args(arguments)
    if any(word.startswith("-") for word in more):
        parser.error(f"unrecognized arguments: {' '.join(more)}")
    given.names += more
    try:
        run(given)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(given: argparse.Namespace) -> None:
    model = Path(given.model)
    names = given.names or list(STILLS)
    for name in names:
        if name not in (*STILLS, "flow"):
            raise refuse(name, "there is no such figure", f"choose among {', '.join(STILLS)}, flow")
    formats = [kind for kind in given.format.split(",") if kind]
    stills = [kind for kind in formats if kind in ("svg", "png", "pdf")] if formats else ["svg", "png"]
    moving = [kind for kind in formats if kind in ("gif", "apng", "mp4")] if formats else ["gif"]
    strangers = [kind for kind in formats if kind not in (*stills, *moving)]
    if strangers:
        raise refuse("--format", f"there is no format {strangers[0]}", "choose among svg, png, pdf, gif, apng, mp4")
    samples = _native.read_data(given.data, given.target)
    activations = [name for name in given.activations.split(",") if name]
    if not activations and model.suffix.lower() in (".safetensors", ".pt", ".pth"):
        raise refuse(str(model), "a file of weights does not say what follows each layer", "name it: --activations tanh,tanh,sigmoid")
    network = _native.read_network(str(model), activations)
    classes = samples.class_names()
    if classes is not None:
        network = network.read_output(given.output, classes)
        parted = 2 if network.outputs == 1 else network.outputs
        if parted != len(classes):
            raise refuse("--data", f"the network parts {parted} classes, the data have {len(classes)}", "give samples of every class that the network knows, and of no other")
    source = f"Read from {model.name}".replace("$", "")
    pair = tuple(given.features.split(",")) if given.features else None
    if pair is not None and len(pair) != 2:
        raise refuse("--features", f"{len(pair)} are named", "name two: --features a,b")
    out = Path(given.out) if given.out else model.with_name(f"{model.stem}-figures")
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        wished = moving if name == "flow" else stills
        if not wished:
            raise refuse("--format", f"{name} can't be stored so", "add svg or png for figures, gif for flow")
        try:
            if name == "flow":
                shown: Animation | Picture = Animation(_native.flow(network, samples, source, pair), given.theme, given.fps, least=5)
            else:
                shown = Picture(_native.draw(name, network, samples, source, pair), given.theme)
        except ValueError as error:
            if given.names:
                raise
            if not given.quiet:
                print(f"{name}: left out: {error}", file=sys.stderr)
            continue
        for kind in wished:
            path = out / f"{name}.{kind}"
            if isinstance(shown, Animation):
                shown.save(path)
            else:
                shown.save(path, given.dpi)
            if not given.quiet:
                print(path)


if __name__ == "__main__":
    sys.exit(main())
