//! A CSV file, plain or compressed, in blocks of whole rows: memory stays bounded however long the file is, and the
//! next block can be unpacked while one is parsed.

use std::path::Path;

use fer_artifact::Digest;

use crate::Error;
use crate::unpacked::{Expansion, Text};

/// Bytes of text that are read at a time. Enough rows for every thread, and small beside the images.
const BLOCK: usize = 2 << 20;
/// Longest row in bytes, with its line break. A longer one is an open quote that swallows the file.
pub(crate) const LONGEST_ROW: usize = 64 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Whole rows of a file, without blank lines.
#[derive(Debug)]
pub(crate) struct Block {
    /// The rows as they stand in the file, valid UTF-8, at least one.
    pub(crate) bytes: Vec<u8>,
    /// Of each row, the line of the file on which it begins, from 1.
    pub(crate) lines: Vec<u64>,
    /// Lengths in bytes of the first rows, as many as can be taken out.
    first: Vec<usize>,
}

/// Rows that can be taken out of a block: one that says the separator, and the header.
const HEAD: usize = 2;

impl Block {
    /// Takes the first row out, which can be done twice.
    pub(crate) fn pop_first(&mut self) -> Self {
        let (lines, length) = (vec![self.lines.remove(0)], self.first.remove(0));
        Self { bytes: self.bytes.drain(..length).collect(), lines, first: vec![length] }
    }
}

/// Reads a file block by block.
pub(crate) struct Blocks<'a> {
    text: Text<'a>,
    /// The beginning of a row, left over from the block before.
    rest: Vec<u8>,
    /// Line on which `rest` begins.
    line: u64,
}

impl<'a> Blocks<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, Error> {
        Self::expanding(path, Expansion::FIXED)
    }

    /// The same with another bound of what a packed byte may become.
    pub(crate) fn expanding(path: &'a Path, expansion: Expansion) -> Result<Self, Error> {
        let mut text = Text::open(path, expansion)?;
        let mut rest = Vec::new();
        text.read(BYTE_ORDER_MARK.len(), &mut rest)?;
        if rest == BYTE_ORDER_MARK {
            rest.clear();
        }
        Ok(Self { text, rest, line: 1 })
    }

    /// Names of the files beside it in an archive.
    pub(crate) fn others(&self) -> &[String] {
        &self.text.others
    }

    /// Digest of the file, once it was read to its end; none of an archive.
    pub(crate) fn digest(&self) -> Option<Digest> {
        self.text.digest()
    }

    /// The next rows, or `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, Error> {
        loop {
            let mut bytes = std::mem::take(&mut self.rest);
            let end_of_file = self.text.read(BLOCK, &mut bytes)?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let rows = self.rows(&bytes, end_of_file)?;
            let end = rows.last().map_or(0, |row| row.end);
            self.rest = bytes.split_off(end);
            let long = rows.iter().find(|row| row.end - row.start > LONGEST_ROW).map(|row| row.line);
            if let Some(line) = long.or((self.rest.len() > LONGEST_ROW).then_some(self.line)) {
                return Err(Error::LongRow { path: self.text.path.to_owned(), line, limit: LONGEST_ROW });
            }
            if let Some(block) = compact(bytes, &rows) {
                return Ok(Some(block));
            }
        }
    }

    /// The whole rows in `bytes`, which begin at `self.line`; moves `self.line` to what is left over.
    fn rows(&mut self, bytes: &[u8], end_of_file: bool) -> Result<Vec<Row>, Error> {
        let first_line = self.line;
        let (mut rows, mut start, mut line, mut quoted) = (vec![], 0, first_line, false);
        for at in memchr::memchr2_iter(b'\n', b'"', bytes) {
            if bytes[at] == b'"' {
                quoted = !quoted;
                continue;
            }
            line += 1;
            if !quoted {
                rows.push(Row { start, end: at + 1, line: self.line });
                (start, self.line) = (at + 1, line);
            }
        }
        if end_of_file && start < bytes.len() {
            if quoted {
                return Err(Error::OpenQuote { path: self.text.path.to_owned(), line: self.line });
            }
            rows.push(Row { start, end: bytes.len(), line: self.line });
        }
        let whole = &bytes[..rows.last().map_or(0, |row| row.end)];
        match std::str::from_utf8(whole) {
            Ok(_) => Ok(rows),
            Err(error) => {
                let (before, after) = whole.split_at(error.valid_up_to());
                let line = first_line + memchr::memchr_iter(b'\n', before).count() as u64;
                Err(Error::NotUtf8 { path: self.text.path.to_owned(), line, found: after[0] })
            }
        }
    }
}

/// A row's place in a buffer and in the file.
struct Row {
    start: usize,
    end: usize,
    line: u64,
}

/// The rows that are not blank, moved together; `None` if there are none.
fn compact(mut bytes: Vec<u8>, rows: &[Row]) -> Option<Block> {
    let (mut length, mut first, mut lines) = (0, vec![], Vec::with_capacity(rows.len()));
    for row in rows {
        if bytes[row.start..row.end].trim_ascii().is_empty() {
            continue;
        }
        if row.start != length {
            bytes.copy_within(row.start..row.end, length);
        }
        length += row.end - row.start;
        if lines.len() < HEAD {
            first.push(row.end - row.start);
        }
        lines.push(row.line);
    }
    bytes.truncate(length);
    (!lines.is_empty()).then_some(Block { bytes, lines, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_so_long_and_no_longer() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let read = |length: usize, end: &str| {
            let row = "7 ".repeat(length / 2) + &"7".repeat(length % 2) + end;
            std::fs::write(file.path(), format!("pixels\n{row}")).unwrap();
            let mut blocks = Blocks::open(file.path())?;
            let mut lengths = vec![];
            while let Some(block) = blocks.next()? {
                lengths.push((block.bytes.len(), block.lines));
            }
            Ok(lengths)
        };
        let most = LONGEST_ROW;
        let found: Vec<(usize, Vec<u64>)> = read(most - 1, "\n").map_err(|error: Error| error.to_string()).unwrap();
        assert_eq!(found.iter().map(|(length, _)| length).sum::<usize>(), 7 + most);
        for (length, end) in [(most, "\n"), (most, "\n7\n"), (most + 1, "")] {
            let error = read(length, end).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains("67108864"), "{error}");
        }
    }
}
