//! What a kernel works on.

/// Columns that lie in one register of the widest instructions: rows of panels are a multiple of this.
pub(crate) const LANES: usize = 16;
/// Most columns of a panel, and so of a tile.
pub(crate) const WIDTH: usize = 4 * LANES;

/// A piece of a product, `c (+)= a · b`, that the registers hold: a few rows, and the columns of one panel.
///
/// Element (row, k) of a lies at `row * a_row + k / a_block * a_jump + k % a_block * a_step`; (k, column) of b at
/// `k * b_row + column`; (row, column) of c at `row * c_row + column`.
#[derive(Clone, Copy)]
pub(in crate::product) struct Tile {
    pub(in crate::product) rows: usize,
    pub(in crate::product) columns: usize,
    pub(in crate::product) depth: usize,
    pub(in crate::product) a: *const f32,
    pub(in crate::product) a_row: usize,
    pub(in crate::product) a_step: usize,
    pub(in crate::product) a_block: usize,
    pub(in crate::product) a_jump: usize,
    pub(in crate::product) b: *const f32,
    pub(in crate::product) b_row: usize,
    pub(in crate::product) c: *mut f32,
    pub(in crate::product) c_row: usize,
    /// Whether the sums go on from what c holds.
    pub(in crate::product) resumes: bool,
}

/// Calls `$function::<$before.., ROWS>($argument)` with the number of rows as a constant.
#[cfg(target_arch = "x86_64")]
macro_rules! with_rows {
    ($rows:expr, $function:ident::<$vectors:literal>($argument:expr), [$($count:literal),*]) => {
        match $rows {
            $($count => $function::<$vectors, $count>($argument),)*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use with_rows;
