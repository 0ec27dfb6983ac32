//! A CSV file, plain or compressed, in blocks of whole rows: memory stays bounded however long the file is, and the
//! next block can be unpacked while one is parsed.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read};
use std::path::Path;

use crate::Error;

/// Bytes of text in a block. Large enough that every thread has rows to parse, small enough to stay in cache.
const BLOCK: usize = 8 << 20;
/// Longest row: more would be an open quote that swallows the file.
const LONGEST_ROW: usize = 64 << 20;

/// Whole rows of a file, without blank lines.
pub(crate) struct Block {
    /// The rows as they stand in the file, UTF-8.
    pub(crate) bytes: Vec<u8>,
    /// Line in the file, from 1, on which each row begins.
    pub(crate) lines: Vec<u64>,
}

/// Reads a file block by block.
pub(crate) struct Blocks<'a> {
    path: &'a Path,
    text: Text,
    /// Start of the next row, left over from the block before.
    rest: Vec<u8>,
    /// Line on which `rest` begins.
    line: u64,
}

impl<'a> Blocks<'a> {
    pub(crate) fn open(path: &'a Path) -> Result<Self, Error> {
        let mut blocks = Self { path, text: Text::open(path)?, rest: vec![], line: 1 };
        let mut start = Vec::new();
        blocks.text.fill(path, &mut start, 3)?;
        blocks.rest = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start).to_vec();
        Ok(blocks)
    }

    /// The first row alone.
    pub(crate) fn header(&mut self) -> Result<Option<Block>, Error> {
        let Some(Block { mut bytes, lines }) = self.next()? else { return Ok(None) };
        let end = rows(&bytes, true).first().map_or(bytes.len(), |row| row.end);
        // The rest goes back in front of what the block left over.
        self.line = lines.get(1).copied().unwrap_or(self.line);
        let mut rest = bytes.split_off(end);
        rest.append(&mut self.rest);
        self.rest = rest;
        Ok(Some(Block { bytes, lines: lines[..1].to_vec() }))
    }

    /// The next rows, or `None` at the end of the file.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, Error> {
        loop {
            let mut bytes = std::mem::take(&mut self.rest);
            let complete = self.fill(&mut bytes)?;
        }
    }
}
