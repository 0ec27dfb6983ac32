//! The training stage: batches, schedule, loop, history and checkpoints.
