use fer_artifact::identify;

/// A file of the ISO family (HEIC, MP4, …) begins with its brand.
fn brand(name: &[u8; 4]) -> Vec<u8> {
    [&[0, 0, 0, 24], &b"ftyp"[..], name, &[0; 4], b"mif1", name].concat()
}

fn tar() -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..5].copy_from_slice(b"a.csv");
    bytes[257..262].copy_from_slice(b"ustar");
    bytes
}

#[test]
fn what_people_give_by_mistake_is_named_with_the_way_on() {
    let convert = "not supported; convert it to JPEG or PNG";
    let pth = b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\0\0archive/data.pkl";
    let cases: Vec<(Vec<u8>, String)> = vec![
        (vec![], "an empty file".into()),
        (brand(b"heic"), format!("a HEIC picture: {convert}")),
        (brand(b"avif"), format!("an AVIF picture: {convert}")),
        (b"8BPS\0\x01".to_vec(), format!("a psd picture: {convert}")),
        (brand(b"isom"), "a video (mp4)".into()),
        (b"RIFF\0\0\0\0AVI LIST".to_vec(), "a video (avi)".into()),
        (b"PK\x03\x04\0\0\0\0".to_vec(), "an archive (zip): unpack it first".into()),
        (b"\x1F\x8B\x08\0".to_vec(), "an archive (gz): unpack it first".into()),
        (b"BZh91AY".to_vec(), "an archive (bz2): unpack it first".into()),
        (b"\xFD7zXZ\0".to_vec(), "an archive (xz): unpack it first".into()),
        (tar(), "an archive (tar): unpack it first".into()),
        (b"<!DOCTYPE html><html>".to_vec(), "an HTML page: a download that failed?".into()),
        (pth.to_vec(), "a PyTorch file: save its `state_dict` with safetensors, in Python".into()),
        (b"\x80\x02\x8a\x0a".to_vec(), "a Python pickle: save its tensors with safetensors, in Python".into()),
        (b"\x89HDF\r\n\x1a\n\0".to_vec(), "an HDF5 file, as Keras writes it".into()),
        (b"\x08\x07\x12\x07pytorch".to_vec(), "an ONNX model".into()),
        (b"\x1c\0\0\0TFL3\0".to_vec(), "a TensorFlow Lite model".into()),
        (b"\x93NUMPY\x01\0".to_vec(), "a NumPy array".into()),
        (b"PAR1\x15\x04".to_vec(), "a Parquet file".into()),
        (b"\x10\0\0\0\0\0\0\0{\"a\":1}".to_vec(), "a safetensors file".into()),
        (b"a README\n".to_vec(), "text".into()),
        ("größ".as_bytes()[..4].to_vec(), "text".into()),
    ];
    for (first, expected) in cases {
        assert_eq!(identify(&first).as_deref(), Some(&*expected), "{first:?}");
    }
    assert_eq!(identify(b"\0\x01\x02"), None);
}
