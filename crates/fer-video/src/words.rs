//! Words that a report and whoever prints beside it share.

/// `1 face`, `2 faces`.
pub fn many(count: u64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// A time as on a clock: `1:02:03.50`, without the hours where there are none.
pub fn clock(seconds: f64) -> String {
    let hundredths = (100.0 * seconds).round().max(0.0) as u64;
    let (hours, minutes, rest) = (hundredths / 360_000, hundredths / 6000 % 60, hundredths % 6000);
    let rest = format!("{:02}.{:02}", rest / 100, rest % 100);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest}") } else { format!("{minutes}:{rest}") }
}

/// The same to a tenth of a second, with no more digits than are needed: `1:02:03.5`, `2:03`.
pub(crate) fn short_clock(seconds: f64) -> String {
    let clock = clock((10.0 * seconds).round() / 10.0);
    clock.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_on_a_clock() {
        let times = [0.0, 1.234, 59.999, 75.5, 600.0, 3723.5];
        assert_eq!(times.map(clock), ["0:00.00", "0:01.23", "1:00.00", "1:15.50", "10:00.00", "1:02:03.50"]);
        assert_eq!(times.map(short_clock), ["0:00", "0:01.2", "1:00", "1:15.5", "10:00", "1:02:03.5"]);
        assert_eq!([0, 1, 2].map(|count| many(count, "face")), ["0 faces", "1 face", "2 faces"]);
    }
}
