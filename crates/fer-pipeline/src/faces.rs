use fer_data::FaceFinder;

/// What finds the faces in photographs, if the program was built with it: as `fer predict` finds and crops them.
#[cfg(feature = "faces")]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    use fer_artifact::Size;
    use fer_data::FoundFace;
    use fer_imgproc::{Picture, Roll, WayUp};

    let finder = fer_faces::Finder::new();
    Some(Box::new(move |picture: Picture, to: Size| {
        let size = picture.size();
        let faces = finder.find(&picture, None, WayUp::default());
        let gray = picture.into_gray();
        let found = |face: &fer_faces::Face| FoundFace {
            side: face.width.max(face.height).round() as u32,
            pixels: fer_faces::crop(&gray, size, face, to, Roll::default()),
        };
        faces.iter().map(found).collect()
    }))
}

/// Nothing, as this program was built without the feature `faces`.
#[cfg(not(feature = "faces"))]
pub fn face_finder() -> Option<Box<FaceFinder<'static>>> {
    None
}
