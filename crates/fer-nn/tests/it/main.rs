//! Public behaviour of fer-nn, a module a source file.

mod activation;
mod batch_norm;
mod block;
mod conv;
mod differences;
mod dropout;
mod flatten;
mod golden;
mod init;
mod linear;
mod loss;
mod optimizer;
mod parameter;
mod pool;
mod threads;
