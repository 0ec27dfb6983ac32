use fer_model::networks;

/// Counted by hand: a convolution has 9·in·out + out weights, batch norm 2·channels, a linear layer in·out + out.
#[test]
fn the_catalog_counts_the_parameters_of_every_network() {
    let conv = |inputs: usize, outputs: usize| 9 * inputs * outputs + outputs + 2 * outputs;
    let linear = |inputs: usize, outputs: usize| inputs * outputs + outputs;
    let face = conv(1, 64)
        + conv(64, 128)
        + conv(128, 256)
        + linear(9216, 4096)
        + linear(4096, 1024)
        + linear(1024, 256)
        + linear(256, 7);
    let compact = conv(1, 16) + conv(16, 32) + conv(32, 64) + linear(64 * 6 * 6, 7);
    let counts: Vec<_> = networks().unwrap().into_iter().map(|network| (network.name, network.parameters)).collect();
    assert_eq!(counts, [("face-cnn", face), ("compact-cnn", compact), ("linear", linear(48 * 48, 7))]);
}

#[test]
fn the_table_in_the_docs_is_the_catalog() {
    let docs = include_str!("../../src/lib.rs");
    for network in networks().unwrap() {
        let digits = network.parameters.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
        let row = docs.lines().find(|line| line.starts_with(&format!("//! | `{}` |", network.name)));
        assert!(row.is_some_and(|row| row.ends_with(&format!("| {} |", groups.join(",")))), "{network:?}: {row:?}");
    }
}
