//! Files of pictures. What is decoded has the size that its head tells, and memory stays in proportion to that size; panics of the
//! decoders are caught, and do not count.

#![no_main]

use fer_fuzz::{file, of_decoder, only_our_panics, single_threaded, within};
use fer_imgproc::Picture;
use libfuzzer_sys::fuzz_target;

/// Larger pictures are left to the tests: the fuzzer would spend its time on filling memory.
const LARGEST: usize = 1 << 20;

fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let head = within(of_decoder(bytes) + 64 * bytes.len(), || Picture::size_of_bytes(bytes));
    let area = match &head {
        Ok(size) if size.area() > LARGEST => return,
        Ok(size) => size.area(),
        // A decoder finds out by its own head, which is not read further.
        Err(_) => 0,
    };
    // Eight bytes a pixel as they are decoded (16 bits each of red, green, blue and alpha), a copy to turn, and the decoder's own.
    let limit = of_decoder(bytes) + 256 * bytes.len() + 40 * area;
    let decoded = within(limit, || Picture::decode(bytes));
    let opened = within(limit, || Picture::open(&file("picture", bytes)));
    match (decoded, opened) {
        (Ok(decoded), Ok(opened)) => {
            assert_eq!(Some(decoded.size()), head.ok());
            let size = decoded.size();
            assert_eq!(decoded.clone().into_rgb().len(), 3 * size.area());
            let gray = decoded.into_gray();
            assert!(gray.len() == size.area() && gray == opened.into_gray());
        }
        (Err(decoded), Err(opened)) => assert!(!decoded.to_string().is_empty() && decoded.to_string() == opened.to_string()),
        (decoded, opened) => panic!("{:?} from memory, {:?} from a file", decoded.err(), opened.err()),
    }
});

fn prepare() {
    single_threaded();
    only_our_panics();
}
