//! fer-synth: faces that depend on the seed alone, and the sample in the repository.

mod faces;
