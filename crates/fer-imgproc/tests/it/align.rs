use std::path::Path;

use fer_artifact::{ImageSet, Size, Split};
use fer_imgproc::{AlignParams, Aligned, Aligner, Error, Shown};

/// Two images of 4×5: pixel (y, x) of the first is 10y + x, of the second 100 more.
fn set() -> ImageSet {
    let pixel = |image: usize, at: usize| (100 * image + 10 * (at / 5) + at % 5) as u8;
    ImageSet {
        classes: vec!["a".into(), "b".into()],
        split: Split::Train,
        height: 4,
        width: 5,
        images: (0..2).flat_map(|image| (0..20).map(move |at| pixel(image, at))).collect(),
        labels: vec![1, 0],
        rows: vec![7, 9],
        groups: None,
        origins: None,
        targets: None,
    }
}

fn params(method: &str) -> AlignParams {
    serde_json::from_str(&format!(r#"{{"method": {method}}}"#)).unwrap()
}

/// The set aligned without anything that finds faces.
fn align(params: &AlignParams, set: ImageSet) -> Result<ImageSet, Error> {
    aligned(params, set, None).map(|aligned| aligned.set)
}

fn aligned(params: &AlignParams, set: ImageSet, aligner: Option<&Aligner<'_>>) -> Result<Aligned, Error> {
    fer_imgproc::align(params, set, aligner, Path::new("."))
}

#[test]
fn the_face_of_each_image_takes_its_place_and_an_image_without_one_is_resized() {
    let params = params(r#"{"kind": "landmarks", "size": {"height": 2, "width": 1}}"#);
    let with_origins = ImageSet { origins: Some(["x.png", "y.png"].into_iter().collect()), ..set() };
    // The face of the second image alone, which is seen with all that is known of it.
    let aligner = |shown: &Shown<'_>, to: Size| {
        assert_eq!((shown.size, to), (Size::new(4, 5).unwrap(), Size::new(2, 1).unwrap()));
        assert_eq!(shown.origin, Some(if shown.row == 9 { "y.png" } else { "x.png" }));
        Ok((shown.row == 9).then(|| vec![shown.pixels[0], 77]))
    };
    let Aligned { set, without_face } = aligned(&params, with_origins.clone(), Some(&aligner)).unwrap();
    assert_eq!((set.height, set.width, without_face), (2, 1, Some(1)));
    let whole = fer_imgproc::resize(
        &with_origins.images.all().unwrap()[..20],
        Size::new(4, 5).unwrap(),
        Size::new(2, 1).unwrap(),
    );
    assert_eq!(set.images, [whole[0], whole[1], 100, 77]);
    assert_eq!((set.labels, set.rows, set.origins), (vec![1, 0], vec![7, 9], with_origins.origins));
}

#[test]
fn a_face_that_is_given_wrongly_is_named() {
    let wrong = |_: &Shown<'_>, _: Size| Err("expected eyes, found none".to_owned());
    let error = aligned(&params(r#"{"kind": "landmarks"}"#), set(), Some(&wrong)).unwrap_err().to_string();
    assert_eq!(error, "row 7: expected eyes, found none");
}

#[test]
fn without_what_finds_faces_landmarks_are_refused() {
    let error = align(&params(r#"{"kind": "landmarks"}"#), set()).unwrap_err().to_string();
    assert!(error.starts_with("expected the face detector for `landmarks`"), "{error}");
}

#[test]
fn without_a_method_images_stay_as_they_are() {
    assert_eq!(align(&AlignParams::default(), set()).unwrap(), set());
}

#[test]
fn the_middle_of_every_image_is_kept() {
    let cropped = align(&params(r#"{"kind": "center-crop", "share": 0.6}"#), set()).unwrap();
    // 0.6 of 4 rows is 2.4, so 2 rows, 1 and 2; 0.6 of 5 columns is 3, so columns 1 to 3.
    assert_eq!((cropped.height, cropped.width), (2, 3));
    assert_eq!(cropped.images, [11, 12, 13, 21, 22, 23, 111, 112, 113, 121, 122, 123]);
    assert_eq!((cropped.labels, cropped.rows), (vec![1, 0], vec![7, 9]));
}

#[test]
fn a_pixel_is_left_of_the_smallest_share() {
    let cropped = align(&params(r#"{"kind": "center-crop", "share": 0}"#), set()).unwrap();
    assert_eq!((cropped.height, cropped.width, cropped.images), (1, 1, vec![12, 112].into()));
}

#[test]
fn a_share_out_of_range_and_an_unknown_method_are_refused() {
    let refused = |text: &str| serde_json::from_str::<AlignParams>(text).unwrap_err().to_string();
    let text = refused(r#"{"method": {"kind": "center-crop", "share": 1.0}}"#);
    assert!(text.contains("expected a number from 0 to below 1"), "{text}");
    let text = refused(r#"{"method": {"kind": "crop"}}"#);
    assert!(text.contains("unknown variant `crop`, expected one of `none`, `center-crop`, `landmarks`"), "{text}");
}

#[test]
fn a_set_that_contradicts_itself_is_refused() {
    let odd = ImageSet { labels: vec![0], rows: vec![0], ..set() };
    let error = align(&AlignParams::default(), odd).unwrap_err().to_string();
    assert_eq!(error, "expected 20 pixels in `train`, found 40");
}
