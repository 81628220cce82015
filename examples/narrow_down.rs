//! Once it is known where to look: the lines of one method, each with what it keeps. Run it with
//!
//! ```text
//! CARGO_PROFILE_RELEASE_DEBUG=limited cargo run --release --example narrow_down
//! ```
//!
//! A video's frames are searched for faces. The table shows which line of the method grows memory, and,
//! as memory is traced, what of it is still there.

use memline::{profile, trace};

/// What a camera sees.
struct Frame {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A part of a frame.
struct Face {
    brightness: u64,
    thumbnail: Vec<u8>,
}

#[derive(Default)]
struct Recognizer {
    frame: Option<Frame>,
    known: Vec<Face>,
}

#[profile]
impl Recognizer {
    fn face_image(&mut self, frame: Frame) -> u64 {
        let rows = frame.height / 4..frame.height / 2;
        let face = crop(&frame, rows);
        let brightness = face.brightness;
        self.frame = Some(frame);
        if self
            .known
            .iter()
            .all(|known| known.brightness != brightness)
        {
            self.known.push(face);
        }
        brightness
    }
}

/// The pixels of some rows.
fn crop(frame: &Frame, rows: std::ops::Range<usize>) -> Face {
    let part = &frame.pixels[rows.start * frame.width..rows.end * frame.width];
    Face {
        brightness: part.iter().map(|pixel| u64::from(*pixel)).sum(),
        thumbnail: part.iter().step_by(16).copied().collect(),
    }
}

fn main() -> Result<(), trace::Error> {
    trace::start(4)?;
    let mut recognizer = Recognizer::default();
    let mut light = 0;
    for number in 0..100usize {
        let pixels = (0..640 * 480).map(|at| (at * (number % 7)) as u8).collect();
        light += recognizer.face_image(Frame {
            width: 640,
            height: 480,
            pixels,
        });
    }
    let thumbnails: usize = recognizer
        .known
        .iter()
        .map(|face| face.thumbnail.len())
        .sum();
    let last = recognizer.frame.map_or(0, |frame| frame.pixels.len());
    println!("{light} of light, {thumbnails} bytes of thumbnails, a frame of {last}");
    Ok(())
}
