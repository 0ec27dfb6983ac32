use serde::{Deserialize, Serialize};

/// The one source of randomness, or a stream of it.
///
/// A pipeline has one seed. Every consumer derives a stream of its own by name, so that adding a consumer, or
/// running a stage alone, changes nobody else's numbers.
///
/// ```
/// use fer_artifact::Seed;
/// let seed = Seed::new(42);
/// assert_ne!(seed.stream("train").value(), seed.stream("ingest").value());
/// assert_eq!(seed.stream("train"), Seed::new(42).stream("train"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// The seed with this number.
    pub const fn new(value: u64) -> Self {
        Self(value)
    }

    /// The stream called `name`: the first eight bytes, little-endian, of the BLAKE3 digest of the seed's eight
    /// little-endian bytes followed by the name.
    #[must_use]
    pub fn stream(self, name: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0.to_le_bytes());
        hasher.update(name.as_bytes());
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        Self(u64::from_le_bytes(first))
    }

    /// The number itself, to key a generator with.
    pub const fn value(self) -> u64 {
        self.0
    }
}
