//! All tests of `it` once more, on the code that any processor runs.

#[path = "it/activation.rs"]
mod activation;
#[path = "it/average.rs"]
mod average;
#[path = "it/batch_norm.rs"]
mod batch_norm;
#[path = "it/block.rs"]
mod block;
#[path = "it/conv.rs"]
mod conv;
#[path = "it/differences.rs"]
mod differences;
#[path = "it/dropout.rs"]
mod dropout;
#[path = "it/flatten.rs"]
mod flatten;
#[path = "it/golden.rs"]
mod golden;
#[path = "it/init.rs"]
mod init;
#[path = "it/linear.rs"]
mod linear;
#[path = "it/loss.rs"]
mod loss;
#[path = "it/optimizer.rs"]
mod optimizer;
#[path = "it/parameter.rs"]
mod parameter;
#[path = "it/pool.rs"]
mod pool;
#[path = "it/threads.rs"]
mod threads;

/// Every test calls it first, by way of its data.
fn setup() {
    fer_nn::set_instructions(fer_nn::Instructions::Portable).expect("any machine has it");
}

#[test]
fn plain_code_is_in_use() {
    setup();
    assert_eq!(fer_nn::instructions(), fer_nn::Instructions::Portable);
}
