//! fer-predict from outside: models made by hand, a photograph, and files that ask for too much.

mod ensemble;
mod hostile;
mod models;
mod recognizer;
mod robustness;
mod walk;
