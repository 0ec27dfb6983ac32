//! Numbers as people read them.

/// A number with commas between its thousands.
///
/// ```
/// use fer_artifact::grouped;
/// let numbers = [0, 999, 1000, 28709, 1_234_567];
/// assert_eq!(numbers.map(grouped), ["0", "999", "1,000", "28,709", "1,234,567"]);
/// ```
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of things, by the word for one of them.
///
/// ```
/// use fer_artifact::counted;
/// assert_eq!([0, 1, 1200].map(|number| counted(number, "image")), ["0 images", "1 image", "1,200 images"]);
/// ```
pub fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}
