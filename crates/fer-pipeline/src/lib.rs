//! The runner: pipeline file, plan, status, run and lock.
