//! Public behaviour of fer-nn, a module a source file.

mod activation;
mod average;
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
mod separable;
mod threads;

/// Every test calls it first, by way of its data.
fn setup() {}

#[test]
fn the_widest_instructions_of_this_machine_are_in_use() {
    #[cfg(target_arch = "x86_64")]
    let widest = match (is_x86_feature_detected!("avx512f"), is_x86_feature_detected!("avx2")) {
        (true, _) => "avx512",
        (_, true) => "avx2",
        _ => "portable",
    };
    #[cfg(target_arch = "aarch64")]
    let widest = "neon";
    assert_eq!(fer_nn::instructions().name(), widest);
}
