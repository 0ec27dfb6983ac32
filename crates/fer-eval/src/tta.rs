use fer_artifact::{Size, Tta};

/// What the network sees of an image of this size.
pub(crate) fn views(tta: Tta, size: Size) -> Vec<View> {
    let (height, width) = (size.height(), size.width());
    let whole = View { top: 0, left: 0, height, width, mirrored: false };
    let views = match tta {
        Tta::None => return vec![whole],
        Tta::Flip => vec![whole],
        Tta::TenCrop => {
            let [down, right] = [height - crop(height), width - crop(width)];
            let places = [(0, 0), (0, right), (down, 0), (down, right), (down / 2, right / 2)];
            let view = |(top, left)| View { top, left, height: crop(height), width: crop(width), mirrored: false };
            places.map(view).to_vec()
        }
    };
    views.into_iter().flat_map(|view| [view, View { mirrored: true, ..view }]).collect()
}

/// 11/12 of a side, rounded up.
fn crop(side: usize) -> usize {
    (side * 11).div_ceil(12)
}

/// A part of an image, perhaps mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) top: usize,
    pub(crate) left: usize,
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) mirrored: bool,
}

impl View {
    /// This part of each of the images, which are of this size.
    pub(crate) fn cut(&self, images: &[f32], size: Size) -> Vec<f32> {
        let mut cut = Vec::with_capacity(images.len() / size.area() * self.height * self.width);
        for image in images.chunks(size.area()) {
            for row in image.chunks(size.width()).skip(self.top).take(self.height) {
                let row = &row[self.left..self.left + self.width];
                match self.mirrored {
                    false => cut.extend(row),
                    true => cut.extend(row.iter().rev()),
                }
            }
        }
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_crops_are_four_corners_and_the_centre_with_their_mirror_images() {
        let views = views(Tta::TenCrop, Size::new(48, 24).unwrap());
        let places: Vec<(usize, usize)> = views.iter().step_by(2).map(|view| (view.top, view.left)).collect();
        assert_eq!(places, [(0, 0), (0, 2), (4, 0), (4, 2), (2, 1)]);
        assert!(views.iter().all(|view| (view.height, view.width) == (44, 22)));
        let mirrored: Vec<bool> = views.iter().map(|view| view.mirrored).collect();
        assert_eq!(mirrored, [false, true].repeat(5));
    }

    #[test]
    fn a_part_is_cut_out_of_each_image() {
        // Two images of 2×3.
        let images: Vec<f32> = (0..12u8).map(f32::from).collect();
        let size = Size::new(2, 3).unwrap();
        let view = View { top: 1, left: 1, height: 1, width: 2, mirrored: false };
        assert_eq!(view.cut(&images, size), [4.0, 5.0, 10.0, 11.0]);
        assert_eq!(View { mirrored: true, ..view }.cut(&images, size), [5.0, 4.0, 11.0, 10.0]);
    }
}
