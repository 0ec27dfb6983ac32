#!/bin/sh
# Cargo calls this in place of rustc. Our crates, the YAML parser and the decoders of pictures get libFuzzer's coverage counters, as
# `cargo fuzz` gives them, but on stable Rust; polars and the rest stay as they are, which saves most of the time to build.
rustc=$1
shift
case " $* " in
*" --crate-name fer_fuzz "*) ;;
*" --crate-name fer_"* | *" --crate-name serde_yaml "* | *" --crate-name unsafe_libyaml "* | *" --crate-name safetensors "* | \
    *" --crate-name image "* | *" --crate-name png "* | *" --crate-name zune_jpeg "* | *" --crate-name gif "* | \
    *" --crate-name weezl "* | *" --crate-name tiff "* | *" --crate-name image_webp "* | *" --crate-name fdeflate "*)
    set -- "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
esac
exec "$rustc" "$@"
