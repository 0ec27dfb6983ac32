use std::fmt;

use fer_artifact::Size;
use fer_imgproc::{Picture, WayUp};

use crate::decode::{faces, one_a_place};
use crate::network::{MULTIPLE, Network};
use crate::weights::Layers;

/// Side of the smallest face that the detector is shown, in pixels.
const WINDOW: f64 = 20.0;
/// Scores below it are mostly no faces.
const THRESHOLD: f64 = 0.6;
/// Unless told otherwise, faces are looked for down to this part of a picture's longer side.
const DEFAULT_PART: usize = 32;
/// Most pixels of the picture that the detector is given: its memory is some 200 bytes a pixel.
const MOST_PIXELS: f64 = 4e6;

/// Sides of a box that are looked at where faces are looked for near it.
const REACH: f64 = 2.4;

/// Side of the smallest face that can be looked for, in pixels: with fewer there is no expression to see.
pub const SMALLEST: usize = 20;

/// A face in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Left edge of its box, in pixels from the picture's left. A box may reach over the picture's edge.
    pub x: f64,
    /// Upper edge, in pixels from the picture's top.
    pub y: f64,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// x and y of the eye on the left in the picture where the face is upright, of the eye on the right, the tip of the
    /// nose, and the corners of the mouth, left and right.
    pub landmarks: [[f64; 2]; 5],
    /// How sure the detector is, up to 1.
    pub score: f64,
}

/// A detector of faces, frontal or half turned, upright or tilted.
pub struct Finder {
    network: Network,
}

impl Finder {
    /// Reads the weights, which are part of the program.
    pub fn new() -> Self {
        Self { network: Network::new(&Layers::built_in()).expect("the weights in the program are the network's") }
    }

    /// Faces of a picture, from left to right.
    ///
    /// `smallest` is the side of the smallest face to look for, in pixels of the picture, at least [`SMALLEST`]; by
    /// default it is a 32nd of the longer side. The picture is resized so that such a face is as large as the smallest
    /// that the detector sees: time and memory depend on the ratio of both sides and not on the picture's size. The
    /// detector gets at most 4 million pixels, so that in a picture of more than some 2,000 pixels a side smaller
    /// faces than it can see remain unseen whatever `smallest` says.
    ///
    /// A face on its head is often found, with eyes and mouth taken for each other; [`WayUp::Any`] puts that right.
    pub fn find(&self, picture: &Picture, smallest: Option<usize>, way_up: WayUp) -> Vec<Face> {
        let size = picture.size();
        let seen = detector_size(size, smallest);
        let scale = [size.width() as f64 / seen.width() as f64, size.height() as f64 / seen.height() as f64];
        let mut turned = Turned { rgb: picture.rgb_of_size(seen), size: seen };
        let mut faces = self.find_here(&turned, THRESHOLD);
        if way_up == WayUp::Any {
            for quarters in 1..4 {
                turned = turned.by_a_quarter();
                faces.extend(
                    self.find_here(&turned, THRESHOLD).into_iter().map(|face| face.turned_back(&turned, quarters)),
                );
            }
            faces = one_a_place(faces);
        }
        faces.iter_mut().for_each(|face| face.scale(scale));
        let smallest = smallest_side(size, smallest) as f64;
        faces.retain(|face| face.side() >= smallest && face.is_within(size));
        faces.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        faces
    }

    /// Faces near boxes (left edge, upper edge, width, height, in pixels), from left to right: for a video, whose faces are
    /// near where they were a frame before. Around each box a part of the picture is looked at that is 2.4 times
    /// as wide, for faces of at least a third of the box's side and of `smallest`, as [`Self::find`] has it; that takes a
    /// fraction of its time.
    pub fn find_near(&self, picture: &Picture, boxes: &[[f64; 4]], smallest: Option<usize>) -> Vec<Face> {
        let around = |near: &[f64; 4]| self.find_around(picture, near);
        let mut faces = one_a_place(boxes.iter().flat_map(around).collect());
        let smallest = smallest_side(picture.size(), smallest) as f64;
        faces.retain(|face| face.side() >= smallest);
        faces.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
        faces
    }

    fn find_around(&self, picture: &Picture, &[x, y, width, height]: &[f64; 4]) -> Vec<Face> {
        let (size, side) = (picture.size(), width.max(height));
        let span = |middle: f64, end: usize| {
            let place = |reach: f64| (middle + reach).clamp(0.0, end as f64) as usize;
            (place(-REACH * side / 2.0), place(REACH * side / 2.0))
        };
        let (left, right) = span(x + width / 2.0, size.width());
        let (top, bottom) = span(y + height / 2.0, size.height());
        // Nothing of it lies in the picture.
        let Ok(part) = Size::new(bottom - top, right - left) else { return vec![] };
        let smallest = (side / 3.0) as usize;
        let mut faces = self.find(&picture.part(left, top, part), Some(smallest), WayUp::Upright);
        faces.iter_mut().for_each(|face| face.shift([left as f64, top as f64]));
        faces
    }

    /// Faces of at least this score in a picture as it is, best first.
    fn find_here(&self, Turned { rgb, size }: &Turned, threshold: f64) -> Vec<Face> {
        let padded = |side: usize| side.next_multiple_of(MULTIPLE);
        let to = Size::new(padded(size.height()), padded(size.width())).expect("a picture of the detector is small");
        let mut values = vec![0.0; 3 * to.area()];
        for (from, to) in rgb.chunks_exact(3 * size.width()).zip(values.chunks_exact_mut(3 * to.width())) {
            to.iter_mut().zip(from).for_each(|(to, &from)| *to = f32::from(from));
        }
        faces(&self.network.apply(values, to).expect("a picture of whole multiples"), threshold)
    }
}

impl Default for Finder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Finder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Finder").finish_non_exhaustive()
    }
}

/// A picture of the detector.
struct Turned {
    /// Red, green and blue of its pixels.
    rgb: Vec<u8>,
    size: Size,
}

impl Turned {
    /// The picture turned clockwise.
    fn by_a_quarter(&self) -> Self {
        let (pixels, size) = (self.rgb.as_chunks::<3>().0, self.size);
        let column = |column: usize| (0..size.height()).rev().map(move |row| pixels[row * size.width() + column]);
        let rgb = (0..size.width()).flat_map(column).flatten().collect();
        Self { rgb, size: size.transposed() }
    }
}

impl Face {
    /// Its place before the picture was turned clockwise by so many quarters.
    fn turned_back(self, turned: &Turned, quarters: usize) -> Self {
        let sides = [turned.size.width(), turned.size.height()];
        (0..quarters).fold(self, |face, step| {
            let width = sides[step % 2] as f64;
            Self {
                x: face.y,
                y: width - face.x - face.width,
                width: face.height,
                height: face.width,
                landmarks: face.landmarks.map(|[x, y]| [y, width - x]),
                score: face.score,
            }
        })
    }

    fn shift(&mut self, [x, y]: [f64; 2]) {
        (self.x, self.y) = (self.x + x, self.y + y);
        self.landmarks = self.landmarks.map(|landmark| [landmark[0] + x, landmark[1] + y]);
    }

    /// The longer side of its box, in pixels: by it one face is larger than another.
    pub fn side(&self) -> f64 {
        self.width.max(self.height)
    }

    fn scale(&mut self, [x, y]: [f64; 2]) {
        (self.x, self.width) = (self.x * x, self.width * x);
        (self.y, self.height) = (self.y * y, self.height * y);
        self.landmarks = self.landmarks.map(|landmark| [landmark[0] * x, landmark[1] * y]);
    }

    /// Whether its centre lies in a picture of this size.
    fn is_within(&self, size: Size) -> bool {
        let is_in = |start: f64, side: f64, end: usize| (0.0..end as f64).contains(&(start + side / 2.0));
        is_in(self.x, self.width, size.width()) && is_in(self.y, self.height, size.height())
    }
}

/// Side of the smallest face that is looked for in a picture of `size`.
fn smallest_side(size: Size, smallest: Option<usize>) -> usize {
    smallest.unwrap_or(size.longer_side() / DEFAULT_PART).max(SMALLEST)
}

/// Size of the picture that the detector is given for one of `size`.
fn detector_size(size: Size, smallest: Option<usize>) -> Size {
    let smallest = smallest_side(size, smallest);
    let bound = (MOST_PIXELS / size.area() as f64).sqrt();
    let scale = (WINDOW / smallest as f64).min(bound);
    let scaled = |side: usize| ((side as f64 * scale).round() as usize).max(1);
    Size::new(scaled(size.height()), scaled(size.width())).expect("a picture does not grow")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/faces");

    fn picture(name: &str) -> Turned {
        let path = match name {
            "astronaut" => Path::new(GOLDEN).join("../../pictures/astronaut.jpg"),
            _ => Path::new(GOLDEN).join(format!("{name}.jpg")),
        };
        let picture = Picture::open(&path).unwrap();
        Turned { size: picture.size(), rgb: picture.into_rgb() }
    }

    /// What a step of `make.py` makes of a picture.
    fn step(picture: Turned, name: &str) -> Turned {
        let Turned { rgb, size } = &picture;
        let (height, width) = (size.height(), size.width());
        let at = |row: usize, column: usize, colour: usize| u32::from(rgb[(row * width + column) * 3 + colour]);
        let made = |height: usize, width: usize, value: &dyn Fn(usize, usize, usize) -> u32| {
            let places = (0..height * width * 3).map(|at| (at / 3 / width, at / 3 % width, at % 3));
            let rgb = places.map(|(row, column, colour)| value(row, column, colour) as u8).collect();
            Turned { rgb, size: Size::new(height, width).unwrap() }
        };
        match name {
            "mirror" => made(height, width, &|row, column, colour| at(row, width - 1 - column, colour)),
            "half" => made(height / 2, width / 2, &|row, column, colour| {
                let sum: u32 = (0..4).map(|part| at(2 * row + part / 2, 2 * column + part % 2, colour)).sum();
                (sum + 2) / 4
            }),
            "dark" => made(height, width, &|row, column, colour| at(row, column, colour) / 3),
            "cover" => made(height, width, &|row, column, colour| if row < 120 { at(row, column, colour) } else { 0 }),
            "tile" => made(2 * height, 2 * width, &|row, column, colour| at(row % height, column % width, colour)),
            "gray" => {
                let gray = fer_imgproc::grayscale(rgb);
                made(height, width, &|row, column, _| gray[row * width + column].into())
            }
            "quarter" => picture.by_a_quarter(),
            other => panic!("{other}"),
        }
    }

    /// Score in hundredths, box and landmarks, as the package gives them.
    fn numbers(face: &Face) -> Vec<f64> {
        let place = [100.0 * face.score, face.x, face.y, face.width, face.height];
        place.into_iter().chain(face.landmarks.into_iter().flatten()).collect()
    }

    #[test]
    fn faces_are_those_of_the_package() {
        let cases: Value = serde_json::from_slice(&std::fs::read(format!("{GOLDEN}/faces.json")).unwrap()).unwrap();
        let finder = Finder::new();
        let mut compared = 0;
        for case in cases.as_array().unwrap() {
            let steps = case["steps"].as_array().unwrap().iter().map(|step| step.as_str().unwrap());
            let picture = steps.fold(picture(case["picture"].as_str().unwrap()), step);
            assert_eq!(case["size"], serde_json::json!([picture.size.height(), picture.size.width()]));
            let found = finder.find_here(&picture, 0.5);
            let numbers_of = |face: &Value| face.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect();
            let expected: Vec<Vec<f64>> = case["faces"].as_array().unwrap().iter().map(numbers_of).collect();
            let expected: Vec<&Vec<f64>> = expected.iter().filter(|face| face[0] >= 50.0).collect();
            assert_eq!(found.len(), expected.len(), "{case}: {found:?}");
            for expected in expected {
                // The package cuts all numbers off to whole ones; faces of equal scores may change places.
                let near = |face: &&Face| {
                    numbers(face).iter().zip(expected).all(|(a, b)| (a - b).abs() <= (0.02 * b.abs()).max(2.0))
                };
                assert!(found.iter().any(|face| near(&face)), "{case}: {expected:?} is not in {found:?}");
                compared += 1;
            }
        }
        assert!(compared >= 25, "{compared} faces");
    }

    #[test]
    fn a_picture_on_its_side_is_seen_from_all_sides_if_asked() {
        let upright = picture("astronaut");
        let flipped = upright.by_a_quarter().by_a_quarter();
        let size = upright.size;
        let find = |turned: &Turned, way_up| {
            let picture = Picture::from_rgb(turned.rgb.clone(), turned.size).unwrap();
            Finder::new().find(&picture, None, way_up)
        };
        let [face] = find(&upright, WayUp::Any)[..] else { panic!("one face") };
        assert_eq!(find(&upright, WayUp::Upright), [face], "of faces at one place, the surest counts");
        let [turned] = find(&flipped, WayUp::Any)[..] else { panic!("one face") };
        let (width, height) = (size.width() as f64, size.height() as f64);
        for ([x, y], [turned_x, turned_y]) in face.landmarks.into_iter().zip(turned.landmarks) {
            assert!((width - turned_x - x).abs() < 6.0 && (height - turned_y - y).abs() < 6.0, "{face:?} {turned:?}");
        }
    }

    #[test]
    fn a_face_near_a_box_is_the_one_of_the_whole_picture() {
        let Turned { rgb, size } = picture("astronaut");
        let picture = Picture::from_rgb(rgb, size).unwrap();
        let finder = Finder::new();
        let [whole] = finder.find(&picture, None, WayUp::Upright)[..] else { panic!("one face") };
        let near = [whole.x + 20.0, whole.y - 15.0, whole.width, whole.height];
        let [found] = finder.find_near(&picture, &[near, near], None)[..] else { panic!("one face, asked for twice") };
        let [expected, found] = [&whole, &found].map(|face| numbers(face)[1..].to_vec());
        let apart = expected.iter().zip(&found).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart < 0.1 * whole.width, "{apart}: {expected:?} {found:?}");
        assert_eq!(finder.find_near(&picture, &[near], Some(1 + expected[2] as usize * 3 / 2)), [], "it is too small");
        assert_eq!(finder.find_near(&picture, &[[1000.0, -1000.0, 50.0, 50.0]], None), []);
        assert_eq!(finder.find_near(&picture, &[[0.0, 200.0, 40.0, 40.0]], None), [], "a part without a face");
    }

    #[test]
    fn the_smallest_face_sets_the_scale() {
        let detector_size = |(height, width), smallest| {
            let size = detector_size(Size::new(height, width).unwrap(), smallest);
            (size.height(), size.width())
        };
        assert_eq!(detector_size((480, 640), None), (480, 640), "640 / 32 is the window");
        assert_eq!(detector_size((3000, 4000), None), (480, 640));
        assert_eq!(detector_size((3000, 4000), Some(80)), (750, 1000));
        assert_eq!(detector_size((48, 48), None), (48, 48), "no smaller than 20 pixels");
        assert_eq!(detector_size((48, 48), Some(1)), (48, 48));
        assert_eq!(detector_size((8000, 8000), Some(20)), (2000, 2000), "4 million pixels");
        assert_eq!(detector_size((1, 60_000), None), (1, 640));
    }
}
