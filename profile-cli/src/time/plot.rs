//! A picture of memory over time.

mod draw;
mod html;
mod legend;
mod thin;

use std::ffi::OsStr;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Once;

use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use super::args;
use super::curves::Curves;
use super::peak::chosen;
use crate::output::{Output, check_free};
use crate::{Error, plan};

/// Width and height in pixels; more of the latter with bars below.
const SIZE: (u32, u32) = (1200, 600);

/// What is to be seen.
#[derive(Debug, Default)]
pub struct Picture {
    /// The timelines, one above the other.
    pub curves: Vec<Curves>,
    /// What stands above.
    pub title: String,
    /// Whether to draw the trend of the resident set.
    pub slope: bool,
    /// How functions are drawn.
    pub functions: Functions,
}

/// How functions are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Functions {
    /// As brackets at the curve.
    #[default]
    Brackets,
    /// As bars below.
    Bars,
    /// Not at all.
    None,
}

/// What a picture is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Svg,
    Png,
    Html,
}

impl Form {
    fn of(path: &Path) -> Result<Self, Error> {
        let extension = path.extension().and_then(OsStr::to_str);
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            Some("html" | "htm") => Ok(Self::Html),
            _ => Err(Error::Usage(format!(
                "-o {}: expected a name that ends in .svg, .png or .html",
                path.display()
            ))),
        }
    }
}

/// `memline plot`
///
/// # Errors
///
/// If a file cannot be read, or the picture cannot be written.
pub fn plot(args: args::Plot) -> Result<(), Error> {
    let time = |name: &str, text: &Option<String>| {
        let text = text.as_deref();
        text.map(|text| plan::time(name, text)).transpose()
    };
    let from = time("--from", &args.from)?.unwrap_or(0);
    let to = time("--to", &args.to)?.unwrap_or(u64::MAX);
    if from >= to {
        return Err(Error::Usage("--from is not before --to".to_owned()));
    }
    let files = chosen(args.files)?;
    let to_stdout = args.file.output.as_deref() == Some(Path::new("-"));
    let path = args.file.output.clone().unwrap_or_else(|| default(&files));
    let form = if to_stdout {
        Form::Svg
    } else {
        Form::of(&path)?
    };
    let output = plan::output(args.file, Some(path));
    if let Output::File { path, force } = &output {
        check_free(path, *force)?;
    }
    let mut curves = Vec::new();
    for file in &files {
        let part = Curves::load(file)?.within(from, to);
        if part.timeline.samples.is_empty() {
            return Err(Error::Failed(format!(
                "{}: no sample was taken between --from and --to",
                file.display()
            )));
        }
        curves.push(part);
    }
    let picture = Picture {
        title: args.title.unwrap_or_else(|| title(&curves)),
        slope: args.slope,
        functions: match (args.no_functions, args.flame) {
            (true, _) => Functions::None,
            (false, true) => Functions::Bars,
            (false, false) => Functions::Brackets,
        },
        curves,
    };
    let bytes = match form {
        Form::Svg => picture.svg()?.into_bytes(),
        Form::Png => picture.png()?,
        Form::Html => html::page(&picture, &picture.svg()?).into_bytes(),
    };
    output.write(|out| {
        let written = out.write_all(&bytes);
        written.map_err(|error| Error::file("write", "the picture".as_ref(), &error))
    })?;
    if let Output::File { path, .. } = &output {
        eprintln!("memline: wrote {}", path.display());
    }
    Ok(())
}

/// The picture of `memline-app.1.memline` is `memline-plot-app.1.svg`.
fn default(files: &[PathBuf]) -> PathBuf {
    let first = files.first().map_or(Path::new("memory"), PathBuf::as_path);
    plan::page("plot", first).with_extension("svg")
}

fn title(curves: &[Curves]) -> String {
    match curves {
        [one] if !one.command.is_empty() => one.command.clone(),
        all => {
            let names: Vec<&str> = all.iter().map(|curves| &*curves.file).collect();
            names.join(", ")
        }
    }
}

impl Picture {
    /// The picture as SVG, to be looked at in a browser.
    ///
    /// # Errors
    ///
    /// If it cannot be drawn.
    pub fn svg(&self) -> Result<String, Error> {
        let mut text = String::new();
        let area = SVGBackend::with_string(&mut text, self.size()).into_drawing_area();
        self.draw(&area)?;
        drop(area);
        Ok(text)
    }

    /// The picture as PNG.
    ///
    /// # Errors
    ///
    /// If it cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let (width, height) = self.size();
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        let area = BitMapBackend::with_buffer(&mut pixels, (width, height)).into_drawing_area();
        self.draw(&area)?;
        drop(area);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let written = encoder.write_header();
        let written = written.and_then(|mut png| png.write_image_data(&pixels));
        written.map_err(undrawn)?;
        Ok(bytes)
    }

    fn size(&self) -> (u32, u32) {
        let bars = match self.functions {
            Functions::Bars => draw::bars_height(self),
            _ => 0,
        };
        (SIZE.0, SIZE.1 + bars)
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, plotters::coord::Shift>,
    ) -> Result<(), Error> {
        static FONT: Once = Once::new();
        // PNG has no fonts of its own, and where this runs there may be none.
        FONT.call_once(|| {
            let font = epaint_default_fonts::UBUNTU_LIGHT;
            let known = register_font("sans-serif", FontStyle::Normal, font);
            debug_assert!(known.is_ok(), "the font is one");
        });
        draw::picture(self, area).map_err(undrawn)?;
        area.present().map_err(undrawn)
    }
}

fn undrawn(error: impl Display) -> Error {
    Error::Failed(format!("the picture cannot be drawn: {error}"))
}

#[cfg(test)]
mod tests;
