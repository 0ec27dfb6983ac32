//! Sums of a file's blocks, taken as it is opened: what is read of it later is what was read then, or it is refused. They are CRC-32,
//! which tells what a disk or a cache did to a block; against somebody who means it, the digest of the whole file stands.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::sync::Arc;

use crate::Digest;

/// Bytes of a block: small beside an image, and large beside its sum.
const BLOCK: usize = 1 << 12;
/// Bytes that are read at a time, whole blocks.
const PIECE: usize = 1 << 20;

/// A file that was read once from end to end.
#[derive(Debug, Clone)]
pub(crate) struct Summed {
    file: Arc<File>,
    length: u64,
    sums: Arc<Vec<u32>>,
}

impl Summed {
    /// Reads the whole file; gives its digest too.
    pub(crate) fn of(file: Arc<File>) -> io::Result<(Self, Digest)> {
        let length = file.metadata()?.len();
        let (mut hasher, mut piece) = (blake3::Hasher::new(), vec![0; PIECE]);
        let mut sums = Vec::with_capacity(length.div_ceil(BLOCK as u64) as usize);
        for start in (0..length).step_by(PIECE) {
            let piece = &mut piece[..PIECE.min((length - start) as usize)];
            read_exact_at(&file, piece, start)?;
            hasher.update(piece);
            sums.extend(piece.chunks(BLOCK).map(crc32fast::hash));
        }
        Ok((Self { file, length, sums: sums.into() }, hasher.finalize().into()))
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Fills `out` with the bytes from `at` on.
    ///
    /// # Errors
    /// The system's, and [`ErrorKind::InvalidData`] for bytes that are others than they were, twice in turn.
    pub(crate) fn read_exact_at(&self, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
        if at.saturating_add(out.len() as u64) > self.length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        while !out.is_empty() {
            let within = at as usize % BLOCK;
            let (now, later) = out.split_at_mut(out.len().min(PIECE - within));
            let blocks = self.blocks(at - within as u64, within + now.len())?;
            now.copy_from_slice(&blocks[within..][..now.len()]);
            at += now.len() as u64;
            out = later;
        }
        Ok(())
    }

    /// The whole blocks that so many bytes from a block's beginning on lie in.
    fn blocks(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let length = (length.next_multiple_of(BLOCK) as u64).min(self.length - start);
        let sums = &self.sums[start as usize / BLOCK..];
        let mut blocks = vec![0; length as usize];
        for _ in 0..2 {
            read_exact_at(&self.file, &mut blocks, start)?;
            if blocks.chunks(BLOCK).zip(sums).all(|(block, expected)| crc32fast::hash(block) == *expected) {
                return Ok(blocks);
            }
        }
        Err(io::Error::new(ErrorKind::InvalidData, "found other bytes than when it was opened"))
    }
}

/// Reads such a file from its beginning.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) file: Summed,
    pub(crate) at: u64,
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = (out.len() as u64).min(self.file.length.saturating_sub(self.at)) as usize;
        self.file.read_exact_at(&mut out[..count], self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.length.checked_add_signed(by),
        };
        self.at = place.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, out: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, at)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut out: &mut [u8], mut at: u64) -> io::Result<()> {
    while !out.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, out, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (out, at) = (&mut out[n..], at + n as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|place| (place * 31 % 251) as u8).collect()
    }

    fn summed(path: &std::path::Path) -> (Summed, Digest) {
        Summed::of(Arc::new(File::open(path).unwrap())).unwrap()
    }

    #[test]
    fn any_part_is_what_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let (path, bytes) = (folder.path().join("a"), bytes(2 * PIECE + 3 * BLOCK + 7));
        std::fs::write(&path, &bytes).unwrap();
        let (summed, digest) = summed(&path);
        assert_eq!(digest, Digest::of_bytes(&bytes));
        for (at, length) in
            [(0, 1), (5, BLOCK), (BLOCK - 1, 2), (PIECE - 3, PIECE + 9), (0, bytes.len()), (bytes.len(), 0)]
        {
            let mut out = vec![0; length];
            summed.read_exact_at(&mut out, at as u64).unwrap();
            assert!(out == bytes[at..at + length], "{length} bytes from {at} on");
        }
        let beyond = summed.read_exact_at(&mut [0; 2], bytes.len() as u64 - 1);
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        let mut all = vec![];
        Reader { file: summed, at: 0 }.read_to_end(&mut all).unwrap();
        assert!(all == bytes);
    }

    #[test]
    fn other_bytes_than_before_are_refused_and_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, mut bytes) = (folder.path().join("a"), bytes(3 * BLOCK));
        std::fs::write(&path, &bytes).unwrap();
        let (summed, _) = summed(&path);
        bytes[BLOCK + 100] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let refused = summed.read_exact_at(&mut [0; 8], BLOCK as u64).unwrap_err();
        assert_eq!(refused.to_string(), "found other bytes than when it was opened");
        summed.read_exact_at(&mut [0; BLOCK], 0).unwrap();
        summed.read_exact_at(&mut [0; 9], 2 * BLOCK as u64).unwrap();
    }
}
