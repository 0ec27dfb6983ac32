//! Many pictures at a time, whose pixels take memory that does not grow with the number of threads: large ones are looked at alone.

use rayon::prelude::*;

/// Who is looked at beside a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Other pictures, by other threads.
    Others,
    /// Nobody.
    Nobody,
}

/// Does `look` for each of the items, whose pictures it decodes by [`crate::Picture::open_beside`] or
/// [`crate::Picture::decode_beside`], and has them forgotten when it returns: side by side, but for those with pictures of more
/// than 16 million pixels, which come one after the other once the rest is done. The results are in the order of the items.
///
/// # Panics
/// If `look` gives none for an item with nobody beside it.
pub fn side_by_side<'a, T: Sync, R: Send>(items: &'a [T], look: impl Fn(&'a T, Beside) -> Option<R> + Sync) -> Vec<R> {
    let done: Vec<Option<R>> = items.par_iter().map(|item| look(item, Beside::Others)).collect();
    let alone = |item| look(item, Beside::Nobody).expect("alone, a picture is decoded");
    done.into_iter().zip(items).map(|(done, item)| done.unwrap_or_else(|| alone(item))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn what_does_not_go_side_by_side_comes_alone_and_in_its_place() {
        let alone = Mutex::new(vec![]);
        let look = |item: &u32, beside| match beside {
            Beside::Others => (!item.is_multiple_of(3)).then_some(10 * item),
            Beside::Nobody => {
                alone.lock().unwrap().push(*item);
                Some(100 * item)
            }
        };
        assert_eq!(side_by_side(&[1, 3, 2, 0, 6, 4], look), [10, 300, 20, 0, 600, 40]);
        assert_eq!(*alone.lock().unwrap(), [3, 0, 6]);
    }
}
