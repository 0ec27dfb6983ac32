/// Place of the first of the largest numbers: the class that logits, votes or shares are for.
///
/// ```
/// assert_eq!(fer_artifact::first_largest(&[1.0, 3.0, 3.0]), 1);
/// ```
pub fn first_largest<T: PartialOrd>(numbers: &[T]) -> usize {
    (1..numbers.len()).fold(0, |best, place| if numbers[place] > numbers[best] { place } else { best })
}
