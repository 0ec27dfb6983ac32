//! `docs/limits.md` says what the program accepts at most: the numbers are those of the code.

use fer_artifact::Limit;

const HEAD: &str = "# Limits

What somebody else's file may ask for is bounded before memory is allocated for it. Each number is the most that is accepted.
`tests/program/limits.rs` compares this page with the code, and prints the page where they differ.
What a request to `fer serve` may ask for, and how many runs its page lists, stands in [serve.md](serve.md).

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
    let parts: [(&str, &[Limit]); 5] = [
        ("Artifacts, models and run folders", &fer_artifact::LIMITS),
        ("Pictures", &fer_imgproc::LIMITS),
        ("Sources", &fer_data::LIMITS),
        ("Networks", &[&fer_eval::NETWORK_LIMITS[..], &fer_eval::LIMITS[..]].concat()),
        ("Pipeline files and sweeps", &fer_pipeline::LIMITS),
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
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/limits.md");
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == page(), "docs/limits.md should be:\n{}", page());
}
