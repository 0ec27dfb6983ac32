//! A single value in NumPy's file format, as AffectNet has its labels.

/// How such a file begins, in version 1 of the format.
const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";

pub(crate) fn is_numpy(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC[..6])
}

/// The text or number of a file that holds one, as text; `None` for a file of anything else.
pub(crate) fn value(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<2>()?;
    let (header, data) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let header = std::str::from_utf8(header).ok()?;
    header.contains("'shape': ()").then_some(())?;
    let kind = header.split_once("'descr': '")?.1.split_once('\'')?.0;
    let text = match kind.split_at_checked(2)? {
        ("<U", _) => data.chunks(4).map(|code| char::from_u32(u32::from_le_bytes(code.try_into().ok()?))).collect(),
        ("|S", _) => Some(String::from_utf8(data.to_vec()).ok()?),
        ("|u", "1") => Some(u8::from_le_bytes(data.try_into().ok()?).to_string()),
        ("<i", "4") => Some(i32::from_le_bytes(data.try_into().ok()?).to_string()),
        ("<i", "8") => Some(i64::from_le_bytes(data.try_into().ok()?).to_string()),
        ("<f", "4") => Some(f32::from_le_bytes(data.try_into().ok()?).to_string()),
        ("<f", "8") => Some(f64::from_le_bytes(data.try_into().ok()?).to_string()),
        _ => None,
    };
    // A text is as long as its type says, with zeros behind it.
    text.map(|text: String| text.trim_end_matches('\0').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `numpy.save` writes of a value.
    fn saved(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        [b"\x93NUMPY\x01\x00v\x00", format!("{header:117}\n").as_bytes(), data].concat()
    }

    #[test]
    fn a_single_value_is_read_and_nothing_else() {
        assert_eq!(value(&saved("<U1", "()", b"6\0\0\0")).as_deref(), Some("6"));
        assert_eq!(value(&saved("<U2", "()", b"1\0\0\x000\0\0\0")).as_deref(), Some("10"));
        assert_eq!(value(&saved("<U2", "()", b"6\0\0\0\0\0\0\0")).as_deref(), Some("6"));
        assert_eq!(value(&saved("|S1", "()", b"4")).as_deref(), Some("4"));
        assert_eq!(value(&saved("<i8", "()", &3_i64.to_le_bytes())).as_deref(), Some("3"));
        assert_eq!(value(&saved("<f8", "()", &7.0_f64.to_le_bytes())).as_deref(), Some("7"));
        assert_eq!(value(&saved("|u1", "()", &[5])).as_deref(), Some("5"));
        assert_eq!(value(&saved("<i8", "(2,)", &[0; 16])), None);
        assert_eq!(value(&saved("<i8", "()", &[0; 7])), None);
        assert_eq!(value(&saved("<U1", "()", &[0, 0, 0, 255])), None);
        assert_eq!(value(&saved("|O", "()", b"")), None);
        assert_eq!(value(b"\x93NUMPY\x01\x00v"), None);
    }
}
