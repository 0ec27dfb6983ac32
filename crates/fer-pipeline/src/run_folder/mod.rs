//! What a run folder keeps beside the artifacts: the lock, known digests, checkpoints and earlier outputs.

pub(crate) mod checkpoints;
pub(crate) mod digests;
pub(crate) mod folder;
pub(crate) mod key;
pub(crate) mod lock;
pub(crate) mod store;
