//! What a run folder keeps beside the artifacts: the lock, known digests, checkpoints, earlier outputs, and how the last
//! run stands.

pub(crate) mod checkpoints;
pub(crate) mod digests;
pub(crate) mod folder;
pub(crate) mod history;
pub(crate) mod key;
pub(crate) mod links;
pub(crate) mod live;
pub(crate) mod lock;
pub(crate) mod machines;
pub(crate) mod notes;
pub(crate) mod origin;
pub(crate) mod sealed;
pub(crate) mod state;
pub(crate) mod store;
