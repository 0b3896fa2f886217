"""NumPy's side of `.npz`, both ways.

    python npz.py make                 writes the archives beside this script, which tests/it/npz.rs reads
    python npz.py check FOLDSPACE      lets the program at FOLDSPACE write archives and reads them with numpy.load

Made with NumPy 2.4 and scikit-learn 1.9.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).parent


def features(dtype):
    """X[i, j] = 10 i + j, but for two entries that tell signs and fractions apart."""
    x = np.add.outer(10 * np.arange(6), np.arange(3)).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        x[1, 2] = -0.25
    return x


def make():
    labels = np.array([0, 1, 2, 0, 1, 2])
    for name, dtype in [("f4", "<f4"), ("f8", "<f8"), ("i4", "<i4"), ("i8", "<i8"), ("u1", "|u1")]:
        np.savez(HERE / f"npz_{name}.npz", X=features(dtype), y=labels.astype(np.int32))
    np.savez_compressed(HERE / "npz_compressed.npz", X=np.asfortranarray(features("<f8")), y=labels)
    np.savez(
        HERE / "npz_names.npz",
        measurements=features("<f8"),
        species=np.array(["ash", "beech", "äsche", "ash", "beech", "äsche"]),
        feature_names=np.array(["length", "width", "height"]),
    )
    np.savez(HERE / "npz_bytes.npz", X=features("<f8"), y=np.array([b"no", b"yes"] * 3))
    np.savez(HERE / "npz_targets.npz", X=features("<f8"), y=features("<f8")[:, :2] / 4)
    np.savez(HERE / "npz_objects.npz", X=features("<f8"), y=np.array([0, "one", None, 0, 1, 2], dtype=object))
    np.savez(HERE / "npz_big_endian.npz", X=features(">f8"), y=labels)
    np.savez(HERE / "npz_half.npz", X=features("<f2"), y=labels)
    # What people's own scripts write.
    x, y = features("<f8"), labels
    np.savez(HERE / "npz_big_endian_labels.npz", X=features(">i2"), y=np.array(["ash", "beech", "äsche"] * 2).astype(">U5"))
    np.savez(HERE / "npz_positional.npz", x, y)
    np.savez(HERE / "npz_positional_swapped.npz", y, x)
    np.savez(HERE / "npz_train.npz", x_test=x[:2], x_train=x, y_test=y[:2], y_train=y.reshape(-1, 1))
    np.savez(HERE / "npz_images.npz", images=np.asfortranarray(np.arange(24).reshape(6, 2, 2)), labels=y)
    np.savez(HERE / "npz_one_hot.npz", X=x, y=np.eye(3, dtype=np.float32)[y])
    np.savez(HERE / "npz_from_one.npz", X=x, y=y + 1, target_names=np.array(["ash", "beech", "oak"]))
    np.savez(HERE / "npz_signed.npz", X=x, y=np.array([-1, 1] * 3), target_names=np.array(["no", "yes"]))
    np.savez(HERE / "npz_object_names.npz", X=x, y=y, feature_names=np.array(["a", "b", "c"], dtype=object),
             target_names=np.array(["u", "v", "w"], dtype=object))
    holes = features("<f4")
    holes[[0, 3], [1, 2]] = np.nan
    np.savez(HERE / "npz_holes.npz", X=holes, y=y)
    np.save(HERE / "npy_X_train.npy", x)
    np.save(HERE / "npy_y_train.npy", y)
    np.save(HERE / "npy_table.npy", np.column_stack([x, y]).astype("<f4"))


def check(program):
    from sklearn.datasets import make_moons

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "moons.npz"
        subprocess.run(
            [program, "data", "moons", "--samples", "200", "--noise", "0.1", "--seed", "7", "-o", path, "--quiet"],
            check=True,
        )
        with np.load(path) as written:  # allow_pickle stays False
            assert sorted(written) == ["X", "feature_names", "target_names", "y"], sorted(written)
            x, y = make_moons(n_samples=200, noise=0.1, random_state=7)
            assert written["X"].dtype == np.float64 and written["y"].dtype == np.int64
            assert np.abs(written["X"] - x).max() < 1e-12
            assert (written["y"] == y).all()
            assert list(written["feature_names"]) == ["x1", "x2"]
            assert list(written["target_names"]) == ["0", "1"]
        path = pathlib.Path(folder) / "quadratic.npz"
        subprocess.run([program, "data", "quadratic", "-o", path, "--quiet"], check=True)
        with np.load(path) as written:
            assert written["X"].shape == (200, 2) and written["y"].shape == (200, 1)
    print("numpy.load reads what foldspace writes")


if __name__ == "__main__":
    if sys.argv[1:] == ["make"]:
        make()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        sys.exit(__doc__)
