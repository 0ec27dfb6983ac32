//! Equalisation and normalisation as `fer-imgproc` has them, in nodes: with the same numbers, bit for bit, where the
//! runtime computes each operator as the standard for floating point says. Images of more than 372,181 pixels (about
//! 610 × 610) are the exception with `per-image`: there n·Σx² can exceed 2⁵³, f64 rounds it, and a feature can differ in
//! its last bits.
//!
//! Counts are exact in f32, since an image has at most 16 million pixels (2²⁴ is 16.8 million).

use fer_imgproc::{Equalization, Preprocessing};

use super::graph::{Attribute, Graph, Values};
use super::proto::DataType;

const LEVELS: usize = 256;
/// Below the standard deviation of any image that is not constant, whose squares are sums of whole numbers.
const SMALLEST_STD: f64 = 1e-9;

/// Adds what makes features `[N, 1, H, W]` of `images` U8 `[N, H, W]`, and gives their name.
pub(crate) fn preprocess(graph: &mut Graph, preprocessing: &Preprocessing, images: &str) -> String {
    let size = preprocessing.size();
    let flat = graph.node("Flatten", &[images], "pixels", &[("axis", Attribute::Int(1))]);
    let pixels = graph.cast(&flat, DataType::Int64, "pixels.indices");
    let table = match preprocessing.equalization() {
        Equalization::None => None,
        Equalization::Global => Some(equalized_levels(graph, &pixels, size.area())),
    };
    let features = match preprocessing.normalization().levels() {
        Some(values) => by_level(graph, &pixels, table.as_deref(), &values),
        None => {
            let levels = match table {
                Some(table) => at_pixels(graph, &table, &pixels, "equalized"),
                None => graph.cast(&flat, DataType::Float, "pixels.levels"),
            };
            standardized(graph, &levels, size.area())
        }
    };
    // 0 keeps the number of images.
    let shape = [0, 1, size.height() as i64, size.width() as i64];
    let shape = graph.constant("features.shape", &[shape.len()], Values::I64(&shape));
    graph.node("Reshape", &[&features, &shape], "features", &[])
}

/// What equalisation makes of each level of each image, f32 `[N, 256]`: see `fer_imgproc::equalize`.
fn equalized_levels(graph: &mut Graph, pixels: &str, area: usize) -> String {
    let axis = ("axis", Attribute::Int(1));
    let counts = counts(graph, pixels);
    let axis_1 = graph.constant("histogram.axis", &[], Values::I64(&[1]));
    let up_to = graph.node("CumSum", &[&counts, &axis_1], "histogram.sums", &[]);
    let along = [("axes", Attribute::Ints(&[1])), ("keepdims", Attribute::Int(1))];
    let darkest = graph.node("ReduceMin", &[pixels], "darkest", &along);
    let darkest = graph.node("GatherElements", &[&counts, &darkest], "darkest.count", &[axis]);
    let all = graph.constant("pixels.count", &[], Values::F32(&[area as f32]));
    let above = graph.node("Sub", &[&all, &darkest], "brighter.count", &[]);
    let one = graph.constant("one", &[], Values::F32(&[1.0]));
    let divisor = graph.node("Max", &[&above, &one], "brighter.divisor", &[]);
    let white = graph.constant("white", &[], Values::F32(&[255.0]));
    let scale = graph.node("Div", &[&white, &divisor], "equalization.scale", &[]);
    let zero = graph.constant("zero", &[], Values::F32(&[0.0]));
    let sums = graph.node("Sub", &[&up_to, &darkest], "equalization.sums", &[]);
    // Levels below the darkest one do not occur, but the table has a place for them.
    let sums = graph.node("Max", &[&sums, &zero], "equalization.counts", &[]);
    let scaled = graph.node("Mul", &[&sums, &scale], "equalization.scaled", &[]);
    let rounded = graph.node("Round", &[&scaled], "equalization.rounded", &[]);
    let same: [f32; LEVELS] = std::array::from_fn(|level| level as f32);
    let same = graph.constant("levels", &[LEVELS], Values::F32(&same));
    let is_constant = graph.node("Equal", &[&above, &zero], "image.is_constant", &[]);
    graph.node("Where", &[&is_constant, &same, &rounded], "equalization.table", &[])
}

/// How often each level occurs in each image, f32 `[N, 256]`.
fn counts(graph: &mut Graph, pixels: &str) -> String {
    let only_n = [("start", Attribute::Int(0)), ("end", Attribute::Int(1))];
    let n = graph.node("Shape", &[pixels], "images.count", &only_n);
    let levels = graph.constant("levels.count", &[1], Values::I64(&[LEVELS as i64]));
    let shape = graph.node("Concat", &[&n, &levels], "histogram.shape", &[("axis", Attribute::Int(0))]);
    let filled = |value| [("value", Attribute::Single(value))];
    let none = graph.node("ConstantOfShape", &[&shape], "histogram.empty", &filled(0.0));
    let shape = graph.node("Shape", &[pixels], "pixels.shape", &[]);
    let ones = graph.node("ConstantOfShape", &[&shape], "pixels.ones", &filled(1.0));
    let adding = [("axis", Attribute::Int(1)), ("reduction", Attribute::Text("add"))];
    graph.node("ScatterElements", &[&none, pixels, &ones], "histogram", &adding)
}

/// Features `[N, H * W]` by the value of each level, with or without a table that changes the levels before.
fn by_level(graph: &mut Graph, pixels: &str, table: Option<&str>, values: &[f32; LEVELS]) -> String {
    let values = graph.constant("normalization.table", &[LEVELS], Values::F32(values));
    let axis = [("axis", Attribute::Int(0))];
    match table {
        None => graph.node("Gather", &[&values, pixels], "normalized", &axis),
        Some(table) => {
            let table = graph.cast(table, DataType::Int64, "equalization.indices");
            let values = graph.node("Gather", &[&values, &table], "equalization.values", &axis);
            at_pixels(graph, &values, pixels, "normalized")
        }
    }
}

/// What a table `[N, 256]` of each image has for its pixels.
fn at_pixels(graph: &mut Graph, table: &str, pixels: &str, output: &str) -> String {
    graph.node("GatherElements", &[table, pixels], output, &[("axis", Attribute::Int(1))])
}

/// Features `[N, H * W]` by each image's own mean and standard deviation, in f64 as `fer_imgproc` has it.
fn standardized(graph: &mut Graph, levels: &str, area: usize) -> String {
    let x = graph.cast(levels, DataType::Double, "levels.f64");
    let axes = graph.constant("normalization.axes", &[1], Values::I64(&[1]));
    let n = graph.constant("normalization.count", &[], Values::F64(&[area as f64]));
    let first = graph.node("ReduceSum", &[&x, &axes], "levels.sum", &[]);
    let squares = graph.node("Mul", &[&x, &x], "levels.squares", &[]);
    let second = graph.node("ReduceSum", &[&squares, &axes], "levels.squares.sum", &[]);
    let mean = graph.node("Div", &[&first, &n], "levels.mean", &[]);
    let large = graph.node("Mul", &[&n, &second], "variance.large", &[]);
    let small = graph.node("Mul", &[&first, &first], "variance.small", &[]);
    let variance = graph.node("Sub", &[&large, &small], "variance", &[]);
    let root = graph.node("Sqrt", &[&variance], "std.sum", &[]);
    let std = graph.node("Div", &[&root, &n], "std", &[]);
    let smallest = graph.constant("std.smallest", &[], Values::F64(&[SMALLEST_STD]));
    let divisor = graph.node("Max", &[&std, &smallest], "std.divisor", &[]);
    let centered = graph.node("Sub", &[&x, &mean], "levels.centered", &[]);
    let quotient = graph.node("Div", &[&centered, &divisor], "normalized.f64", &[]);
    graph.cast(&quotient, DataType::Float, "normalized")
}
