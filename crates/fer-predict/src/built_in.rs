/// The models that are part of this crate, the default one first.
const MODELS: [(&str, &[u8]); 2] = [
    ("fer48", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/fer48.safetensors"))),
    ("ferplus48", include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/ferplus48.safetensors"))),
];

/// The names of the models that are part of this crate; `models/README.md` tells of them. The first one is the default.
pub const BUILT_IN: [&str; MODELS.len()] = [MODELS[0].0, MODELS[1].0];

/// The file of the model of this name, one of [`BUILT_IN`].
pub fn built_in(name: &str) -> Option<&'static [u8]> {
    MODELS.into_iter().find_map(|(known, bytes)| (known == name).then_some(bytes))
}
