//! fer-data on small files written by the tests themselves: what is read, and every refusal's whole message.

mod source;

mod archive;
mod classes;
mod csv;
mod csv_refusals;
mod detect;
mod export;
mod face_rows;
mod folder;
mod groups;
mod label_files;
mod manifest;
mod near;
mod params;
mod parquet;
mod report;
mod report_by;
mod split;
mod table_file;
mod votes;
mod votes_refused;
