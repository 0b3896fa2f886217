//! NumPy's arrays as new samples for a network that is trained already.

use faer::Mat;

use super::arrays::{Source, features};
use super::missing::Missing;
use super::npy::Entries;
use super::raw::Answer;
use crate::error::{Error, Result};

/// The features of new samples (n x d), NaN where one is missing.
///
/// # Errors
/// Where it is empty or holds no numbers, or one that is infinite.
pub(super) fn holed(source: Source<'_>) -> Result<Mat<f64>> {
    let mut read = features(source, Missing::Mean, &mut Vec::new())?;
    for place in read.filled {
        read.matrix[place] = f64::NAN;
    }
    Ok(read.matrix)
}

/// The targets of new samples. Whole numbers are looked up among the `classes`, if there are any.
///
/// # Errors
/// Where there are not as many as samples.
pub(super) fn answers(
    source: Source<'_>,
    samples: usize,
    classes: Option<Vec<String>>,
) -> Result<Vec<Vec<Answer>>> {
    let place = source.place.clone();
    let shape = source.header.shape.clone();
    let columns = shape.iter().skip(1).product::<usize>().max(1);
    if shape.first() != Some(&samples) {
        return Err(source.refuse(
            format!("its shape is {shape:?}, but there are {samples} samples"),
            "give every sample one target",
        ));
    }
    let entries = source.entries()?;
    if entries.len() != samples * columns {
        return Err(Error::invalid(
            place,
            format!("{} targets for {samples} samples", entries.len()),
            "give every sample one target",
        ));
    }
    let answer = |at: usize| {
        if let Entries::Text(texts) = &entries {
            return Answer {
                text: Some(texts[at].clone()).filter(|text| !text.is_empty()),
                number: texts[at].parse().ok(),
            };
        }
        let number = entries.number(at).unwrap_or(f64::NAN);
        let named = classes.as_ref().and_then(|names| {
            let whole = number >= 0.0 && number.fract() == 0.0;
            names.get(number as usize).filter(|_| whole).cloned()
        });
        Answer {
            text: (!number.is_nan()).then(|| named.unwrap_or_else(|| number.to_string())),
            number: Some(number).filter(|number| number.is_finite()),
        }
    };
    let row = |i: usize| (0..columns).map(|j| answer(i * columns + j)).collect();
    Ok((0..samples).map(row).collect())
}
