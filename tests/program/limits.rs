//! `docs/limits.md` says what the program accepts at most: the numbers are those of the code.
#![cfg(feature = "serve")]

use fer_artifact::Limit;

use crate::world::root;

const HEAD: &str = "# Limits

What somebody else's file may ask for is bounded before memory is allocated for it. Each number is the most that is accepted.
`tests/program/limits.rs` compares this page with the code, and prints the page where they differ.
The limits of `fer serve` that options change stand in [serve.md](serve.md).

";

/// A number as people read it: powers of two in their unit.
fn told(most: u64, unit: &str) -> String {
    let number = match most {
        _ if unit != "bytes" || most < 1 << 10 => most.to_string(),
        _ if most.is_multiple_of(1 << 20) => return format!("{} MiB", most >> 20),
        _ => return format!("{} KiB", most >> 10),
    };
    if unit.is_empty() { number } else { format!("{number} {unit}") }
}

fn page() -> String {
    let parts: [(&str, &[Limit]); 6] = [
        ("Artifacts, models and run folders", &fer_artifact::LIMITS),
        ("Pictures", &fer_imgproc::LIMITS),
        ("Sources", &fer_data::LIMITS),
        ("Networks", &[&fer_eval::NETWORK_LIMITS[..], &fer_eval::LIMITS[..]].concat()),
        ("Pipeline files and sweeps", &fer_pipeline::LIMITS),
        ("The service", &fer_serve::LIMITS),
    ];
    let mut page = HEAD.to_owned();
    for (title, limits) in parts {
        page += &format!("## {title}\n\n| what | at most | beyond |\n| --- | --- | --- |\n");
        for Limit { what, most, unit, beyond } in limits {
            page += &format!("| {what} | {} | {beyond} |\n", told(*most, unit));
        }
        page.push('\n');
    }
    page.trim_end().to_owned() + "\n"
}

#[test]
fn the_page_on_limits_has_the_numbers_of_the_code() {
    let found = std::fs::read_to_string(root().join("docs/limits.md")).unwrap_or_default();
    assert!(found == page(), "docs/limits.md should be:\n{}", page());
}
