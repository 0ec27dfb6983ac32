/// The names of the models that are part of this crate; `models/README.md` tells of them.
pub const BUILT_IN: [&str; 1] = ["fer48"];

/// The file of the model of this name, one of [`BUILT_IN`].
pub fn built_in(name: &str) -> Option<&'static [u8]> {
    (name == BUILT_IN[0])
        .then_some(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/fer48.safetensors")))
}
