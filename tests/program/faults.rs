//! What the world does to a run: full disks, folders that cannot be written, files that vanish.
#![cfg(unix)]
