/// The place of the highest of some values; of equal ones the first.
pub(crate) fn first_highest<T: PartialOrd>(values: &[T]) -> usize {
    (1..values.len()).fold(0, |best, at| if values[at] > values[best] { at } else { best })
}
