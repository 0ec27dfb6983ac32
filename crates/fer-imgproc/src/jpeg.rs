//! Whether a JPEG file is all there: decoders fill the missing rows of a file that is cut short with gray.

const MARKER: u8 = 0xFF;
const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;

/// Whether the file goes on to the marker that ends its image, as Pillow demands too. Bytes behind that marker, such as
/// a second picture or what a camera left there, do not matter.
pub(crate) fn is_complete(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(next) = bytes.get(at..).and_then(|rest| memchr::memchr(MARKER, rest)) {
        at += next;
        at += match bytes.get(at + 1) {
            Some(&END_OF_IMAGE) => return true,
            // Markers may have any number of fill bytes before them.
            Some(&MARKER) => 1,
            // A byte `FF` of a scan, and the markers that have no length: TEM, RST0 to RST7, SOI.
            Some(0x00 | 0x01 | 0xD0..=0xD7 | &START_OF_IMAGE) => 2,
            // A segment. Its length includes that of the length itself, but not of the marker.
            Some(_) => match bytes.get(at + 2..at + 4) {
                Some(length) => 2 + usize::from(u16::from_be_bytes([length[0], length[1]])),
                None => return false,
            },
            None => return false,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_found_outside_of_segments_alone() {
        let comment = [0xFF, 0xFE, 0x00, 0x06, 0xFF, 0xD9, 0xFF, 0xD9];
        let scan = [0xFF, 0xDA, 0x00, 0x04, 1, 2, 7, 0xFF, 0x00, 9, 0xFF, 0xD3, 5];
        let whole = [&[0xFF, 0xD8], &comment[..], &scan, &[0xFF, 0xFF, 0xD9]].concat();
        assert!(is_complete(&whole));
        for length in 0..whole.len() {
            assert!(!is_complete(&whole[..length]), "the first {length} bytes");
        }
        assert!(is_complete(&[&whole[..], &[0xFF, 0xD8, 0xFF]].concat()), "what follows does not matter");
    }
}
