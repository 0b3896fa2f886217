//! Right and wrong predictions of a classifier, as scikit-learn's `confusion_matrix` and `classification_report` count them.

use serde::{Serialize, Serializer};

/// How often each class was predicted to be each.
///
/// ```
/// use foldspace::evaluate::Confusion;
///
/// let names = ["cat", "dog"].map(String::from).to_vec();
/// let confusion = Confusion::new(&[0, 0, 0, 1], &[0, 0, 1, 1], names);
/// assert_eq!(confusion.counts, [[2, 1], [0, 1]]);
/// assert_eq!(confusion.accuracy(), 0.75);
/// let dog = &confusion.classes()[1];
/// assert_eq!((dog.precision, dog.recall), (0.5, 1.0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// The classes' names.
    pub names: Vec<String>,
    /// A row per true class, a column per predicted class.
    pub counts: Vec<Vec<usize>>,
}

/// How good a network is on one class.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassScores {
    /// The class.
    pub name: String,
    /// Of the samples predicted to be of it, the share that is of it; 0 where none was.
    pub precision: f64,
    /// Of its samples, the share that was predicted to be; 0 where it has none.
    pub recall: f64,
    /// The harmonic mean of the two; 0 where both are.
    pub f1: f64,
    /// How many samples it has.
    pub support: usize,
}

impl Confusion {
    /// Counts; `right` (true classes) and `said` (predicted ones) are indices into `names`, one per sample.
    pub fn new(right: &[usize], said: &[usize], names: Vec<String>) -> Self {
        let mut counts = vec![vec![0; names.len()]; names.len()];
        for (&right, &said) in right.iter().zip(said) {
            counts[right][said] += 1;
        }
        Self { names, counts }
    }

    /// How many samples there are.
    pub fn samples(&self) -> usize {
        self.counts.iter().flatten().sum()
    }

    /// The share of samples whose class was predicted; 0 without samples.
    pub fn accuracy(&self) -> f64 {
        let right: usize = (0..self.names.len()).map(|k| self.counts[k][k]).sum();
        share(right, self.samples())
    }

    /// Every class's scores.
    pub fn classes(&self) -> Vec<ClassScores> {
        let class = |(k, name): (usize, &String)| {
            let hits = self.counts[k][k];
            let support: usize = self.counts[k].iter().sum();
            let taken: usize = self.counts.iter().map(|row| row[k]).sum();
            ClassScores {
                name: name.clone(),
                precision: share(hits, taken),
                recall: share(hits, support),
                f1: share(2 * hits, support + taken),
                support,
            }
        };
        self.names.iter().enumerate().map(class).collect()
    }

    /// The unweighted mean of the F1 of all classes that have samples or were predicted (scikit-learn's `macro`).
    pub fn macro_f1(&self) -> f64 {
        let classes = self.classes();
        let seen = classes
            .iter()
            .enumerate()
            .filter(|(k, class)| class.support > 0 || self.counts.iter().any(|row| row[*k] > 0));
        let (count, sum) = seen.fold((0.0, 0.0), |(n, sum), (_, class)| (n + 1.0, sum + class.f1));
        if count > 0.0 { sum / count } else { 0.0 }
    }
}

fn share(part: usize, whole: usize) -> f64 {
    match whole {
        0 => 0.0,
        whole => part as f64 / whole as f64,
    }
}

impl Serialize for Confusion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Report<'a> {
            samples: usize,
            accuracy: f64,
            macro_f1: f64,
            classes: Vec<ClassScores>,
            confusion: &'a [Vec<usize>],
        }
        Report {
            samples: self.samples(),
            accuracy: self.accuracy(),
            macro_f1: self.macro_f1(),
            classes: self.classes(),
            confusion: &self.counts,
        }
        .serialize(serializer)
    }
}
