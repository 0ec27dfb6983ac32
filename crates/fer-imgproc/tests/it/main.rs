//! fer-imgproc against OpenCV, NumPy and Pillow (`tests/golden/imgproc`), and against what must hold of any image.

mod align;
mod augment;
mod corruption;
mod equalize;
mod golden;
mod gray;
mod params;
mod picture;
mod preprocessing;
mod resize;
mod warp;
