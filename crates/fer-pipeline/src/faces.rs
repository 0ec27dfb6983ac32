use fer_data::FaceFinder;

/// What finds the faces in photographs, if the program was built with it: as `fer predict` finds and crops them.
#[cfg(feature = "faces")]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    use fer_artifact::Size;
    use fer_data::FoundFace;

    let finder = fer_faces::Finder::new();
    Some(Box::new(move |pixels: &[u8], size: Size, to: Size| {
        let found = finder.crops(pixels, size, None, to);
        found.into_iter().map(|(face, pixels)| FoundFace { side: face.side, pixels }).collect()
    }))
}

/// Nothing, as this program was built without the feature `faces`.
#[cfg(not(feature = "faces"))]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    None
}
