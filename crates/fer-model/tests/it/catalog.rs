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
    // Without biases; a block's first convolution changes the channels, and a 1×1 convolution the shortcut's.
    let pair = |inputs: usize, outputs: usize, window: usize| window * inputs * outputs + 2 * outputs;
    let block = |inputs: usize, outputs: usize| {
        let projection = if inputs == outputs { 0 } else { pair(inputs, outputs, 1) };
        pair(inputs, outputs, 9) + pair(outputs, outputs, 9) + projection
    };
    let stages = block(40, 40) + block(40, 80) + block(80, 80) + block(80, 160) + block(160, 160);
    let resnet = pair(1, 32, 9) + pair(32, 40, 9) + stages + linear(160, 7);
    let counts: Vec<_> = networks().unwrap().into_iter().map(|network| (network.name, network.parameters)).collect();
    let expected =
        [("face-cnn", face), ("compact-cnn", compact), ("face-resnet", resnet), ("linear", linear(48 * 48, 7))];
    assert_eq!(counts, expected);
}

#[test]
fn the_table_on_the_crates_page_is_the_catalog() {
    let page = include_str!("../../README.md");
    for network in networks().unwrap() {
        let digits = network.parameters.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", network.name)));
        assert!(row.is_some_and(|row| row.ends_with(&format!("| {} |", groups.join(",")))), "{network:?}: {row:?}");
    }
}
