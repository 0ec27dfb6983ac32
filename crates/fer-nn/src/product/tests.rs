use super::*;
use crate::Stream;
use crate::simd::{Instructions, set_instructions};

fn random(length: usize, key: u64) -> Vec<f32> {
    let mut values = vec![0.0; length];
    Stream::new(key).fill(0, &mut values);
    values.iter_mut().for_each(|value| *value = 2.0 * *value - 1.0);
    values
}

/// The element's chain, as it is documented.
fn chain(start: f32, left: &Matrix<'_>, right: &Matrix<'_>, row: usize, column: usize) -> f32 {
    let at = |matrix: &Matrix<'_>, row, column| matrix.data[matrix.rows.at(row) + matrix.columns.at(column)];
    (0..left.columns.length).fold(start, |sum, k| at(left, row, k).mul_add(at(right, k, column), sum))
}

fn check(sizes: [usize; 3], turned: [bool; 2], to: Destination, workers: Workers) {
    let [rows, depth, columns] = sizes;
    let (a, b, c) = (random(rows * depth, 1), random(depth * columns, 2), random(rows * (columns + 3), 3));
    let of = |values, rows, columns, turned| match turned {
        true => Matrix::new(values, columns, rows).transposed(),
        false => Matrix::new(values, rows, columns),
    };
    let (left, right) = (of(&a, rows, depth, turned[0]), of(&b, depth, columns, turned[1]));
    let mut found = c.clone();
    matmul(MatrixMut::strided(&mut found, columns + 3), left, right, to, workers);
    for (index, (found, before)) in found.iter().zip(&c).enumerate() {
        let (row, column) = (index / (columns + 3), index % (columns + 3));
        let expected = match to {
            _ if column >= columns => *before,
            Destination::Add => chain(*before, &left, &right, row, column),
            Destination::Overwrite => chain(0.0, &left, &right, row, column),
        };
        assert_eq!(found.to_bits(), expected.to_bits(), "{sizes:?} {turned:?} at {row}, {column}: {found}, {expected}");
    }
}

/// Rows, depth and columns.
const SIZES: [[usize; 3]; 7] =
    [[1, 1, 1], [7, 0, 5], [6, 200, 64], [5, 3, 80], [150, 9, 40], [3, 130, 200], [61, 70, 17]];
/// Miri takes a thousand times as long.
const FEWER: [[usize; 3]; 4] = [[1, 1, 1], [7, 0, 5], [5, 3, 70], [2, 130, 17]];

#[test]
fn every_element_is_one_chain_of_fused_multiply_adds_with_all_instructions() {
    for kind in Instructions::ALL.into_iter().filter(|kind| kind.is_available()) {
        set_instructions(kind).unwrap();
        for sizes in if cfg!(miri) { &FEWER[..] } else { &SIZES } {
            for turned in [[false, false], [true, false], [false, true], [true, true]] {
                check(*sizes, turned, Destination::Overwrite, Workers::One);
                check(*sizes, turned, Destination::Add, Workers::All);
            }
        }
        check([0, 4, 4], [false, false], Destination::Overwrite, Workers::All);
        check([4, 4, 0], [false, false], Destination::Overwrite, Workers::All);
    }
}
