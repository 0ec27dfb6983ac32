//! For tests only: tiny data and contract suites that a stage, or its replacement, must pass.
