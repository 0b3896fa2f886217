//! Singular vectors followed through training, and the balance of units, against theorems.

use faer::{Mat, MatRef, mat};
use foldspace::figures::Turns;
use foldspace::linalg::{Followed, balance, follow, norms};
use foldspace::model::{Activation, Frozen, Layer};

/// A rotation of the plane.
fn rotation(angle: f64) -> Mat<f64> {
    let (c, s) = (libm::cos(angle), libm::sin(angle));
    mat![[c, -s], [s, c]]
}

#[test]
fn a_rotated_crossing_keeps_its_directions() {
    let (left, right) = (rotation(0.7), rotation(-0.3));
    let at = |t: f64| &left * mat![[1.0 - t, 0.0], [0.0, t]] * right.transpose();
    // Straight through the point where both singular values are the same.
    let times: Vec<f64> = (0..=20).map(|k| f64::from(k) / 20.0).collect();
    let path: Vec<Mat<f64>> = times.iter().map(|&t| at(t)).collect();
    let followed = follow(path.iter().map(|matrix| matrix.as_ref())).unwrap();
    for (step, (&t, at)) in followed.iter().zip(&times).map(|(f, t)| (t, f)).enumerate() {
        assert!((at.s[0] - (1.0 - t)).abs() < 1e-14 && (at.s[1] - t).abs() < 1e-14);
        for k in 0..2 {
            // Where a singular value is 0 its pair of vectors is free up to the sign of one of them.
            let turned = [at.turned(&followed[1], k), at.left_turned(&followed[1], k)];
            let free = step == 0 || step == 20;
            let still = |angle: f64| angle < 1e-9 || (free && (angle - 180.0).abs() < 1e-9);
            assert!(turned.into_iter().all(still), "{t} {k}: {turned:?}");
        }
    }
}

/// A 2-h-1 ReLU network with squared loss, trained by plain gradient descent on all of 40 points.
struct Descent {
    weight: Mat<f64>,
    bias: Vec<f64>,
    next: Mat<f64>,
    offset: f64,
}

impl Descent {
    fn new(h: usize) -> Self {
        let entry = |k: usize| libm::sin(12.9898 * (k + 1) as f64 + 0.3);
        Self {
            weight: Mat::from_fn(h, 2, |i, j| entry(2 * i + j)),
            bias: (0..h).map(|i| 0.3 * entry(100 + i)).collect(),
            next: Mat::from_fn(1, h, |_, i| 0.7 * entry(200 + i)),
            offset: 0.1,
        }
    }

    fn step(&mut self, rate: f64) {
        let (h, n) = (self.bias.len(), 40);
        let (mut dw, mut db) = (Mat::<f64>::zeros(h, 2), vec![0.0; h]);
        let (mut dn, mut dofs) = (Mat::<f64>::zeros(1, h), 0.0);
        for k in 0..n {
            let x = [libm::sin(1.7 * k as f64), libm::cos(2.3 * k as f64)];
            let z =
                |i: usize| self.weight[(i, 0)] * x[0] + self.weight[(i, 1)] * x[1] + self.bias[i];
            let output: f64 = (0..h)
                .map(|i| self.next[(0, i)] * z(i).max(0.0))
                .sum::<f64>()
                + self.offset;
            let miss = (output - x[0] * x[1]) / f64::from(n);
            dofs += miss;
            for i in 0..h {
                dn[(0, i)] += miss * z(i).max(0.0);
                if z(i) > 0.0 {
                    let back = miss * self.next[(0, i)];
                    db[i] += back;
                    dw[(i, 0)] += back * x[0];
                    dw[(i, 1)] += back * x[1];
                }
            }
        }
        for i in 0..h {
            self.weight[(i, 0)] -= rate * dw[(i, 0)];
            self.weight[(i, 1)] -= rate * dw[(i, 1)];
            self.bias[i] -= rate * db[i];
            self.next[(0, i)] -= rate * dn[(0, i)];
        }
        self.offset -= rate * dofs;
    }

    fn frozen(&self) -> Frozen {
        let layer = |name: &str, weight: &Mat<f64>, bias: Vec<f64>, activation| Layer {
            name: name.into(),
            weight: weight.clone(),
            bias,
            activation,
        };
        Frozen {
            layers: vec![
                layer("hidden", &self.weight, self.bias.clone(), Activation::Relu),
                layer(
                    "output",
                    &self.next,
                    vec![self.offset],
                    Activation::Identity,
                ),
            ],
        }
    }

    fn balance(&self) -> Vec<f64> {
        balance(self.weight.as_ref(), &self.bias, self.next.as_ref())
    }
}

#[test]
fn the_drift_of_the_balance_halves_with_the_learning_rate() {
    let drift = |rate: f64, steps: usize| {
        let mut net = Descent::new(8);
        let before = net.balance();
        (0..steps).for_each(|_| net.step(rate));
        let pairs = net.balance().into_iter().zip(before);
        pairs
            .map(|(after, before)| (after - before).abs())
            .fold(0.0, f64::max)
    };
    for (rate, steps) in [(0.1, 200), (0.05, 400), (0.02, 1000)] {
        let ratio = drift(0.5 * rate, 2 * steps) / drift(rate, steps);
        assert!((0.42..=0.55).contains(&ratio), "{rate}: {ratio}");
    }
}

fn difference(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    norms::spectral((a - b).as_ref()).unwrap()
}

/// The sine of the angle between two directions.
fn sine(a: &Mat<f64>, b: &Mat<f64>, k: usize) -> f64 {
    let dot: f64 = (0..a.nrows()).map(|i| a[(i, k)] * b[(i, k)]).sum();
    (1.0 - dot * dot).max(0.0).sqrt()
}

#[test]
fn weyl_and_wedin_hold_at_every_epoch() {
    let mut net = Descent::new(8);
    let mut path = vec![net.weight.clone()];
    for _ in 0..150 {
        net.step(0.2);
        path.push(net.weight.clone());
    }
    let followed = follow(path.iter().map(|matrix| matrix.as_ref())).unwrap();
    let mut told = 0;
    for (step, pair) in followed.windows(2).enumerate() {
        let [old, new]: &[Followed; 2] = pair.try_into().unwrap();
        let size = path[step + 1].norm_max();
        assert!((new.reconstruct() - &path[step + 1]).norm_max() <= 1e-12 * size.max(1.0));
        let moved = difference(path[step + 1].as_ref(), path[step].as_ref());
        let sorted = |at: &Followed| {
            let mut s = at.s.clone();
            s.sort_by(|a, b| b.total_cmp(a));
            s
        };
        // Weyl: no singular value moves further than the matrix.
        for (a, b) in sorted(old).into_iter().zip(sorted(new)) {
            assert!((a - b).abs() <= moved * (1.0 + 1e-9) + 1e-14);
        }
        // Wedin: no direction turns further than the matrix moves against the gap to the others.
        for k in 0..2 {
            let gap = (new.s[k] - old.s[1 - k]).abs().min(new.s[k]);
            let turned = libm::hypot(sine(&old.u, &new.u, k), sine(&old.v, &new.v, k));
            let bound = 2.0_f64.sqrt() * moved / gap;
            assert!(
                turned <= bound * (1.0 + 1e-9) + 2e-8,
                "{step} {k}: {turned} {bound}"
            );
            told += usize::from(bound < 0.5);
        }
    }
    assert!(told > 200, "{told}");
}

#[test]
fn the_figure_and_its_tables_have_every_epoch() {
    let mut net = Descent::new(2);
    let mut networks = vec![net.frozen()];
    for _ in 0..5 {
        net.step(0.3);
        networks.push(net.frozen());
    }
    let turns = Turns::new(&[0, 1, 2, 3, 4, 5], &networks).unwrap();
    // Two panels for each matrix, the balance, the ellipses of the 2 x 2 one.
    assert_eq!(turns.figure().panels.len(), 2 * 2 + 1 + 1);
    let [(_, table), (_, balances)] = turns.csv().unwrap();
    let lines = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().lines().count();
    assert_eq!(
        (lines(&table), lines(&balances)),
        (1 + 6 * (2 + 1), 1 + 6 * 2)
    );
    assert!(Turns::new(&[], &[]).is_err());
}
