//! CSV and folder ingest, splits, data checks, and the synthetic sample.
