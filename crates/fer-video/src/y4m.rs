//! Y4M: raw frames with a line of text before each, as `ffmpeg -f yuv4mpegpipe` and many other programs write them.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::thread;
use std::time::Duration;

use ::y4m::{Colorspace, Decoder, Frame as Planes};
use fer_predict::{Picture, Size};

use crate::frames::{Arrived, Ending, Facts, Frame, Item, Message, Sender, WAITING, frame_size};
use crate::probe::ratio;
use crate::program::receive;
use crate::{Error, Input, Selection};

/// Reads Y4M in a thread of its own.
pub(crate) fn y4m(
    input: &Input,
    from: impl Read + Send + 'static,
    selection: Selection,
    arrived: &Arrived,
    patience: Option<Duration>,
    stop: &dyn Fn() -> bool,
) -> Result<(Facts, Receiver<Message>), Error> {
    let (sender, receiver) = sync_channel(WAITING);
    let (says, hears) = channel();
    let arrived = Arrived::clone(arrived);
    thread::spawn(move || {
        let bytes = Rc::new(Cell::new(0));
        let counted = Counted { from, bytes: Rc::clone(&bytes) };
        let opened = open(counted);
        let facts = opened.as_ref().map(|reader| reader.facts(&selection)).map_err(Clone::clone);
        // Whoever asked has waited for it.
        let _ = says.send(facts);
        if let Ok(reader) = opened {
            let _ = reader.run(&selection, &bytes, &arrived, &sender).map(|ending| sender.send(Message::End(ending)));
        }
    });
    let facts = receive(&hears, patience, stop).map_err(|cut| cut.of(input, patience))?;
    let facts = facts.unwrap_or_else(|| Err("its reader has failed".to_owned()));
    facts.map(|facts| (facts, receiver)).map_err(|reason| input.refused(reason))
}

/// Counts what is read: the decoder does not tell a frame that is cut short from the end.
struct Counted<R> {
    from: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        Ok(read)
    }
}

struct Reader<R: Read> {
    decoder: Decoder<R>,
    size: Size,
    /// The size with square pixels.
    shown: Size,
    rate: f64,
    levels: Levels,
}

fn open<R: Read>(from: R) -> Result<Reader<R>, String> {
    let decoder = Decoder::new(from).map_err(|error| match error {
        ::y4m::Error::OutOfMemory => "expected frames of less memory".to_owned(),
        _ => "expected a video in the format Y4M, found something else; `ffmpeg -i VIDEO -f yuv4mpegpipe - | fer watch -` \
              makes one"
            .to_owned(),
    })?;
    let size = frame_size(decoder.get_height(), decoder.get_width())?;
    let rate = decoder.get_framerate();
    let rate = if rate.num > 0 && rate.den > 0 { rate.num as f64 / rate.den as f64 } else { 25.0 };
    let is_full = decoder.get_raw_params().split(|byte| *byte == b' ').any(|part| part == b"XCOLORRANGE=FULL");
    let shown = frame_size(size.height(), (size.width() as f64 * aspect(decoder.get_raw_params())).round() as usize)?;
    Ok(Reader { decoder, size, shown, rate, levels: if is_full { Levels::Full } else { Levels::Limited } })
}

/// How wide a pixel is, by its height.
fn aspect(parameters: &[u8]) -> f64 {
    let parameters = String::from_utf8_lossy(parameters);
    let told = parameters.split(' ').find_map(|part| part.strip_prefix('A')).map(str::to_owned);
    ratio(&told, ':').unwrap_or(1.0)
}

/// Nobody takes frames any more.
struct Left;

impl<R: Read> Reader<R> {
    fn facts(&self, selection: &Selection) -> Facts {
        let duration = selection.to.map(|to| to - selection.from);
        let rate = selection.pace.of_rate(self.rate);
        Facts { size: self.shown, rate, finest: rate, duration, sound: None }
    }

    fn run(
        mut self,
        selection: &Selection,
        bytes: &Cell<u64>,
        arrived: &Arrived,
        sender: &Sender,
    ) -> Result<Ending, Left> {
        let (mut frames, mut first, mut last) = (0_u64, None, None);
        let bits = self.decoder.get_bit_depth();
        let colours = self.decoder.get_colorspace();
        loop {
            let before = bytes.get();
            let planes = match self.decoder.read_frame() {
                Ok(planes) => planes,
                Err(::y4m::Error::EOF) if bytes.get() == before && last.is_none() => {
                    return Ok(Ending::Broken("expected a frame, found none".to_owned()));
                }
                Err(::y4m::Error::EOF) if bytes.get() == before => return Ok(Ending::Whole),
                Err(::y4m::Error::EOF) => return Ok(Ending::Broken(format!("it ends within frame {frames}"))),
                Err(error) => return Ok(Ending::Broken(error.to_string())),
            };
            let time = (1e6 * frames as f64 / self.rate).round() / 1e6;
            frames += 1;
            arrived.store(frames, Ordering::Relaxed);
            if selection.to.is_some_and(|to| time >= to) {
                return Ok(Ending::Whole);
            }
            if time < selection.from {
                continue;
            }
            let number = frames - 1 - *first.get_or_insert(frames - 1);
            if selection.pace.takes(number, time - selection.from, last.map(|last: f64| last - selection.from)) {
                last = Some(time);
                let rgb = rgb(&planes, self.size, colours, bits, self.levels);
                let mut picture = Picture::from_rgb(rgb, self.size).expect("three bytes a pixel");
                if self.shown != self.size {
                    picture =
                        Picture::from_rgb(picture.rgb_of_size(self.shown), self.shown).expect("three bytes a pixel");
                }
                sender.send(Message::Item(Item::Frame(Frame { number, time, picture }))).map_err(|_| Left)?;
            }
        }
    }
}

/// Which values are black and white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Levels {
    /// 16 and 235.
    Limited,
    /// 0 and 255.
    Full,
}

/// Pixels that share a colour, across and down.
fn shared(colours: Colorspace) -> Option<[usize; 2]> {
    match colours {
        Colorspace::Cmono | Colorspace::Cmono12 => None,
        Colorspace::C422 | Colorspace::C422p10 | Colorspace::C422p12 => Some([2, 1]),
        Colorspace::C444 | Colorspace::C444p10 | Colorspace::C444p12 => Some([1, 1]),
        _ => Some([2, 2]),
    }
}

/// Red, green and blue by ITU-R BT.601.
fn rgb(planes: &Planes<'_>, size: Size, colours: Colorspace, bits: usize, levels: Levels) -> Vec<u8> {
    let (width, shift) = (size.width(), bits - 8);
    let value = |plane: &[u8], at: usize| match shift {
        0 => i32::from(plane[at]),
        _ => i32::from(u16::from_le_bytes([plane[2 * at], plane[2 * at + 1]]) >> shift),
    };
    // In parts of 65,536.
    let (black, light, red, green_u, green_v, blue) = match levels {
        Levels::Limited => (16, 76_309, 104_597, 25_675, 53_279, 132_201),
        Levels::Full => (0, 65_536, 91_881, 22_554, 46_802, 116_130),
    };
    let (y, u, v) = (planes.get_y_plane(), planes.get_u_plane(), planes.get_v_plane());
    let level = |sum: i32| ((sum + 32_768) >> 16).clamp(0, 255) as u8;
    let mut rgb = Vec::with_capacity(3 * size.area());
    for row in 0..size.height() {
        for column in 0..width {
            let gray = (value(y, row * width + column) - black) * light;
            let (u, v) = match shared(colours) {
                None => (0, 0),
                Some([across, down]) => {
                    let at = row / down * width.div_ceil(across) + column / across;
                    (value(u, at) - 128, value(v, at) - 128)
                }
            };
            rgb.extend([level(gray + red * v), level(gray - green_u * u - green_v * v), level(gray + blue * u)]);
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(bytes: Vec<u8>, selection: Selection) -> (Vec<Frame>, Ending) {
        let (_, receiver) =
            y4m(&Input::Standard, std::io::Cursor::new(bytes), selection, &Arrived::default(), None, &|| false)
                .unwrap();
        let mut frames = vec![];
        for message in receiver {
            match message {
                Message::Item(Item::Frame(frame)) => frames.push(frame),
                Message::Item(Item::Trouble(trouble)) => panic!("{trouble}"),
                Message::End(ending) => return (frames, ending),
            }
        }
        panic!("no end")
    }

    /// Frames of 2×2 pixels.
    fn video(head: &str, frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = format!("YUV4MPEG2 W2 H2 F10:1 {head}\n").into_bytes();
        frames.iter().for_each(|frame| bytes.extend([b"FRAME\n", *frame].concat()));
        bytes
    }

    #[test]
    fn colours_are_those_of_bt_601() {
        // White, red and blue as ITU-R BT.601 has them: 235 128 128, 81 90 240, 41 240 110.
        for (yuv, rgb) in
            [([235, 128, 128], [255, 255, 255]), ([81, 90, 240], [254, 0, 0]), ([41, 240, 110], [0, 0, 255])]
        {
            let [y, u, v] = yuv;
            let (frames, ending) = items(video("C420jpeg", &[&[y, y, y, 16, u, v]]), Selection::default());
            let found = frames[0].picture.clone().into_rgb();
            assert!(found[..3].iter().zip(rgb).all(|(a, b)| a.abs_diff(b) <= 1), "{yuv:?}: {found:?}");
            assert_eq!((frames.len(), ending), (1, Ending::Whole));
        }
        let gray = items(video("Cmono XCOLORRANGE=FULL", &[&[0, 100, 200, 255]]), Selection::default()).0;
        assert_eq!(gray[0].picture.clone().into_gray(), [0, 100, 200, 255]);
        let deep: Vec<u8> =
            [64_u16, 940, 502, 940].iter().chain([512; 8].iter()).flat_map(|v| v.to_le_bytes()).collect();
        let deep = items(video("C444p10 XYSCSS=444P10", &[&deep]), Selection::default()).0;
        assert_eq!(deep[0].picture.clone().into_gray(), [0, 255, 127, 255]);
    }

    #[test]
    fn frames_have_times_by_the_rate_and_a_cut_is_told() {
        let frame: &[u8] = &[9; 6];
        let whole = video("C420", &[frame; 5]);
        let of = |bytes: &[u8], selection| {
            let (frames, ending) = items(bytes.to_vec(), selection);
            (frames.iter().map(|frame| (frame.number, frame.time)).collect::<Vec<_>>(), ending)
        };
        let all = of(&whole, Selection::default());
        assert_eq!(all, (vec![(0, 0.0), (1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)], Ending::Whole));
        let (frames, ending) = of(&whole[..whole.len() - 3], Selection::default());
        assert_eq!((frames.len(), ending), (4, Ending::Broken("it ends within frame 4".to_owned())));
        let some = Selection { from: 0.1, to: Some(0.4), pace: crate::Pace::PerSecond(5.0) };
        assert_eq!(of(&whole, some), (vec![(0, 0.1), (2, 0.3)], Ending::Whole));
        let none = of(&video("C420", &[]), Selection::default());
        assert_eq!(none, (vec![], Ending::Broken("expected a frame, found none".to_owned())));
        let refused = |head: &str| {
            let head = std::io::Cursor::new(head.as_bytes().to_vec());
            y4m(&Input::Standard, head, Selection::default(), &Arrived::default(), None, &|| false)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(refused("YUV4MPEG2 W60000 H60000 F10:1 Cmono\n"), "-: expected frames of less memory");
        let wide = items(video("C420 A64:32", &[frame]), Selection::default()).0[0].picture.size();
        assert_eq!((wide.width(), wide.height()), (4, 2), "pixels are square");
        let large = "-: expected a video of 1 to 40 million pixels a frame, found one of 9000×9000";
        assert_eq!(refused("YUV4MPEG2 W9000 H9000 F10:1 Cmono\n"), large);
        assert!(refused("RIFF").starts_with("-: expected a video in the format Y4M, found something else"));
    }
}
