//! The end of a Parquet file, looked at before polars does: polars makes room for as many entries as a list there says it
//! has, however few bytes follow, and a broken file would end the program.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes behind the footer: its length and the magic.
const TAIL: u64 = 8;
/// Structs and lists within each other; Parquet's go some ten deep.
const DEEPEST: usize = 32;

/// Whether every list and text in the footer has no more entries than bytes follow; also for a file whose end is none, which
/// polars refuses.
pub(crate) fn is_sound(file: &mut File) -> std::io::Result<bool> {
    let length = file.seek(SeekFrom::End(0))?;
    if length < TAIL {
        return Ok(true);
    }
    let mut size = [0; 4];
    file.seek(SeekFrom::Start(length - TAIL))?;
    file.read_exact(&mut size)?;
    let size = u64::from(u32::from_le_bytes(size));
    if size > length - TAIL {
        return Ok(true);
    }
    let mut footer = vec![];
    file.seek(SeekFrom::Start(length - TAIL - size))?;
    file.take(size).read_to_end(&mut footer)?;
    Ok(Compact(&footer).pass_struct(DEEPEST).is_some())
}

/// What is left of bytes in Thrift's compact protocol.
struct Compact<'a>(&'a [u8]);

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn pass(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }

    /// A number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number of entries, if there are as many bytes.
    fn count(&mut self) -> Option<usize> {
        let count = self.number()?;
        usize::try_from(count).ok().filter(|&count| count <= self.0.len())
    }

    fn pass_struct(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(());
            }
            // The number of the field, where it is not a small step from the one before.
            if head >> 4 == 0 {
                self.number()?;
            }
            match head & 0x0F {
                // True and false, which are in the head.
                1 | 2 => {}
                of => self.pass_value(of, depth)?,
            }
        }
    }

    fn pass_value(&mut self, of: u8, depth: usize) -> Option<()> {
        match of {
            1..=3 => self.pass(1),
            4..=6 => self.number().map(drop),
            7 => self.pass(8),
            8 => self.count().and_then(|count| self.pass(count)),
            9 | 10 => {
                let depth = depth.checked_sub(1)?;
                let head = self.byte()?;
                let count = if head >> 4 == 15 { self.count()? } else { usize::from(head >> 4) };
                (0..count).try_for_each(|_| self.pass_value(head & 0x0F, depth))
            }
            12 => self.pass_struct(depth),
            // Maps, which Parquet does not have.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_says_more_than_bytes_follow_is_not_sound() {
        let sound = |bytes: &[u8]| Compact(bytes).pass_struct(DEEPEST).is_some();
        // A number, a text, a list of two numbers, a list of one struct.
        assert!(sound(&[0x15, 0x02, 0x18, 1, b'a', 0x19, 0x25, 2, 4, 0x19, 0x1C, 0x15, 2, 0, 0]));
        // 2^28 structs, as a long list says them.
        assert!(!sound(&[0x19, 0xFC, 0x80, 0x80, 0x80, 0x80, 0x01, 0, 0]));
        assert!(!sound(&[0x18, 9, b'a', 0]), "a text of nine bytes");
        assert!(!sound(&[0x15]), "no end");
        assert!(!sound(&[0x1C; 100]), "a struct in a struct in a struct");
    }
}
