//! Arithmetic among weights, which exporters leave in a graph: the scale of a batch norm, a transposed matrix, a shape.

use super::elementwise::{Binary, Unary};
use super::tensor::{Reader, Tensor};

/// An operation on two arrays, the smaller one repeated along the axes where it has one entry.
pub(super) fn two(
    reader: &mut Reader,
    operation: Binary,
    a: &Tensor,
    b: &Tensor,
) -> Result<Tensor, String> {
    let shape = common(&a.shape, &b.shape)?;
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    let count = count.ok_or("arrays whose combined size is beyond counting")?;
    reader.take(count)?;
    let whole = a.whole && b.whole;
    let values = (0..count).map(|index| {
        let [x, y] = [a, b].map(|tensor| tensor.values[place(&shape, &tensor.shape, index)]);
        let value = operation.apply(x, y);
        if whole && operation == Binary::Div {
            value.trunc()
        } else {
            value
        }
    });
    Ok(Tensor {
        values: values.collect(),
        shape,
        whole,
    })
}

/// An operation on every number.
pub(super) fn one(reader: &mut Reader, operation: Unary, of: &Tensor) -> Result<Tensor, String> {
    reader.take(of.values.len())?;
    Ok(Tensor {
        values: of.values.iter().map(|&x| operation(x)).collect(),
        ..of.clone()
    })
}

/// The shape of two arrays together.
fn common(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let axes = a.len().max(b.len());
    let size = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(axes)
            .map_or(1, |axis| shape[axis])
    };
    (0..axes)
        .map(|axis| match (size(a, axis), size(b, axis)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            _ => Err(format!(
                "arrays of the shapes {a:?} and {b:?} do not fit each other"
            )),
        })
        .collect()
}

/// Where the entry of an array stands that belongs to entry `index` of the larger shape.
fn place(shape: &[usize], own: &[usize], mut index: usize) -> usize {
    let (mut at, mut stride) = (0, 1);
    for (k, &size) in shape.iter().rev().enumerate() {
        let along = index % size;
        index /= size;
        if let Some(&length) = own.len().checked_sub(k + 1).and_then(|axis| own.get(axis)) {
            if length > 1 {
                at += along * stride;
            }
            stride *= length;
        }
    }
    at
}

/// The axes in another order; reversed where none is given.
pub(super) fn transpose(reader: &mut Reader, of: &Tensor, order: &[i64]) -> Result<Tensor, String> {
    let axes = of.shape.len();
    let order: Vec<usize> = match order {
        [] => (0..axes).rev().collect(),
        order => order
            .iter()
            .filter_map(|&axis| axis_of(axis, axes))
            .collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..axes) {
        return Err(format!(
            "a transposition of {axes} axes is given as {order:?}"
        ));
    }
    reader.take(of.values.len())?;
    let shape: Vec<usize> = order.iter().map(|&axis| of.shape[axis]).collect();
    let mut strides = vec![1; axes];
    for axis in (1..axes).rev() {
        strides[axis - 1] = strides[axis] * of.shape[axis];
    }
    let values = (0..of.values.len()).map(|mut index| {
        let mut at = 0;
        for (&axis, &size) in order.iter().zip(&shape).rev() {
            at += index % size * strides[axis];
            index /= size;
        }
        of.values[at]
    });
    Ok(Tensor {
        values: values.collect(),
        shape,
        whole: of.whole,
    })
}

/// The same numbers in another shape: 0 keeps a size, -1 takes what is left.
pub(super) fn reshape(of: &Tensor, shape: &[f64]) -> Result<Tensor, String> {
    let refuse = || format!("{:?} can't be given the shape {shape:?}", of.shape);
    let mut sizes = Vec::new();
    let mut open = None;
    for (axis, &size) in shape.iter().enumerate().take(9) {
        sizes.push(match size {
            -1.0 if open.is_none() => {
                open = Some(axis);
                1
            }
            0.0 => of.shape.get(axis).copied().ok_or_else(refuse)?,
            size if size > 0.0 => size as usize,
            _ => return Err(refuse()),
        });
    }
    let known = sizes
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    let known = known.filter(|&known| known > 0).ok_or_else(refuse)?;
    if let Some(axis) = open {
        sizes[axis] = of.values.len() / known;
    }
    let count = sizes
        .iter()
        .try_fold(1_usize, |count, &size| count.checked_mul(size));
    if count != Some(of.values.len()) {
        return Err(refuse());
    }
    Ok(Tensor {
        shape: sizes,
        ..of.clone()
    })
}

/// Arrays one after the other along their first axis.
pub(super) fn concatenate(reader: &mut Reader, parts: &[&Tensor]) -> Result<Tensor, String> {
    let rest = |tensor: &Tensor| tensor.shape.get(1..).map(<[usize]>::to_vec);
    let first = parts.first().and_then(|first| rest(first));
    let first = first.ok_or("arrays without axes are put together")?;
    if parts.iter().any(|part| rest(part).as_ref() != Some(&first)) {
        return Err("arrays of different shapes are put together".to_owned());
    }
    let values: Vec<f64> = parts
        .iter()
        .flat_map(|part| part.values.iter().copied())
        .collect();
    reader.take(values.len())?;
    let mut shape = vec![parts.iter().map(|part| part.shape[0]).sum()];
    shape.extend(first);
    Ok(Tensor {
        shape,
        values,
        whole: parts.iter().all(|part| part.whole),
    })
}

/// Rows of an array by their numbers.
pub(super) fn gather(reader: &mut Reader, of: &Tensor, rows: &Tensor) -> Result<Tensor, String> {
    let (&count, rest) = of
        .shape
        .split_first()
        .ok_or("rows of a single number are asked for")?;
    let size: usize = rest.iter().product();
    reader.take(size.saturating_mul(rows.values.len()))?;
    let mut values = Vec::new();
    for &row in &rows.values {
        let row = axis_of(row as i64, count).ok_or("a row is asked for that is not there")?;
        values.extend_from_slice(&of.values[row * size..(row + 1) * size]);
    }
    let shape = rows.shape.iter().chain(rest).copied().collect();
    Ok(Tensor {
        shape,
        values,
        whole: of.whole,
    })
}

/// An axis counted from the front or, below 0, from the back.
pub(super) fn axis_of(axis: i64, axes: usize) -> Option<usize> {
    let axes = i64::try_from(axes).ok()?;
    let axis = if axis < 0 {
        axis.checked_add(axes)?
    } else {
        axis
    };
    usize::try_from(axis).ok().filter(|_| axis < axes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], values: &[f64]) -> Tensor {
        Tensor {
            shape: shape.to_vec(),
            values: values.to_vec(),
            whole: false,
        }
    }

    #[test]
    fn arrays_are_repeated_and_turned_as_numpy_does() {
        let reader = &mut Reader::new(None);
        let (column, row) = (array(&[2, 1], &[10.0, 20.0]), array(&[3], &[1.0, 2.0, 3.0]));
        let sum = two(reader, Binary::Add, &column, &row).unwrap();
        assert_eq!(sum, array(&[2, 3], &[11.0, 12.0, 13.0, 21.0, 22.0, 23.0]));
        assert!(two(reader, Binary::Add, &array(&[2], &[1.0, 2.0]), &row).is_err());
        let turned = transpose(reader, &sum, &[]).unwrap();
        assert_eq!(
            turned,
            array(&[3, 2], &[11.0, 21.0, 12.0, 22.0, 13.0, 23.0])
        );
        assert_eq!(reshape(&turned, &[-1.0, 3.0]).unwrap().shape, [2, 3]);
        assert_eq!(
            gather(reader, &turned, &array(&[1], &[-1.0]))
                .unwrap()
                .values,
            [13.0, 23.0]
        );
    }
}
