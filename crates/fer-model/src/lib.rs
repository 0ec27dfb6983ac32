//! The networks, by name: configuration, strict loading, sorted state.
