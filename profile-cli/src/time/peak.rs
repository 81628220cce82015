//! How high memory went.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::args;
use super::curves::{Curves, Peak};
use super::files;
use crate::output::Output;
use crate::{Error, units};

/// The highest of each figure, in one file.
#[derive(Serialize)]
struct Row {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<String>,
    rss_bytes: u64,
    rss_time_ns: u64,
    live_bytes: Option<u64>,
    live_time_ns: Option<u64>,
    /// The process and its children together.
    family_bytes: Option<u64>,
    family_time_ns: Option<u64>,
}

/// `memline peak`
///
/// # Errors
///
/// If a file cannot be read, or the function was not run in any of them.
pub fn peak(args: args::Peak) -> Result<(), Error> {
    let files = chosen(args.files)?;
    let rows: Result<Vec<Row>, Error> = files
        .iter()
        .map(|file| row(Curves::load(file)?, args.function.as_deref()))
        .collect();
    let rows = rows?;
    Output::Stdout.write(|out| {
        let written = if args.json {
            json(&rows, out)
        } else {
            text(&rows, out)
        };
        written.map_err(|error| Error::file("write", "standard output".as_ref(), &error))
    })
}

/// The files that were given, or else the newest one.
pub(super) fn chosen(files: Vec<PathBuf>) -> Result<Vec<PathBuf>, Error> {
    if files.is_empty() {
        return Ok(vec![files::newest()?]);
    }
    Ok(files)
}

fn row(curves: Curves, function: Option<&str>) -> Result<Row, Error> {
    let file = curves.file.clone();
    let parts = match function {
        None => vec![curves],
        Some(name) => while_in(curves, name)?,
    };
    let highest = |peak: fn(&Curves) -> Option<Peak>| {
        let peaks = parts.iter().filter_map(peak);
        peaks.max_by_key(|peak| (peak.bytes, u64::MAX - peak.time))
    };
    let rss = highest(Curves::rss_peak).ok_or_else(|| {
        Error::Failed(format!(
            "{file}: no sample was taken while {} ran: it was too short",
            function.unwrap_or("the program")
        ))
    })?;
    let (live, family) = (highest(Curves::live_peak), highest(Curves::family_peak));
    Ok(Row {
        file,
        function: function.map(str::to_owned),
        rss_bytes: rss.bytes,
        rss_time_ns: rss.time,
        live_bytes: live.map(|peak| peak.bytes),
        live_time_ns: live.map(|peak| peak.time),
        family_bytes: family.map(|peak| peak.bytes),
        family_time_ns: family.map(|peak| peak.time),
    })
}

/// What happened while a function ran.
fn while_in(curves: Curves, name: &str) -> Result<Vec<Curves>, Error> {
    let stays = curves.stays_in(name);
    if stays.is_empty() {
        let mut names: Vec<&str> = curves
            .timeline
            .stays
            .iter()
            .map(|stay| &*stay.function)
            .collect();
        names.sort_unstable();
        names.dedup();
        let known = match &*names {
            [] => {
                "it holds no functions: they are those with #[profile], or mprof's FUNC".to_owned()
            }
            names => format!("it holds {}", names.join(", ")),
        };
        let file = &curves.file;
        return Err(Error::Failed(format!(
            "{file}: no function {name:?} was run; {known}"
        )));
    }
    let times: Vec<_> = stays.iter().map(|stay| stay.time.clone()).collect();
    let parts = times.into_iter();
    Ok(parts
        .map(|time| curves.clone().within(time.start, time.end))
        .collect())
}

fn text(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        write!(out, "{}", row.file)?;
        if let Some(function) = &row.function {
            write!(out, "  in {function}")?;
        }
        let mut figure = |what: &str, bytes: Option<u64>, time: Option<u64>| match bytes.zip(time) {
            Some((bytes, time)) => {
                let (bytes, time) = (units::bytes(bytes), units::time(time));
                write!(out, "  {what} {bytes} at {time}")
            }
            None => Ok(()),
        };
        figure("RSS", Some(row.rss_bytes), Some(row.rss_time_ns))?;
        figure("live heap", row.live_bytes, row.live_time_ns)?;
        figure("with children", row.family_bytes, row.family_time_ns)?;
        writeln!(out)?;
    }
    Ok(())
}

fn json(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, rows)?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::curves::tests::curves;

    fn line(function: Option<&str>) -> Result<String, String> {
        let row = row(curves(), function).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        text(&[row], &mut out).expect("memory takes it");
        Ok(String::from_utf8(out).expect("it is text"))
    }

    #[test]
    fn peaks_are_told_with_their_times() {
        assert_eq!(
            line(None).expect("there are samples"),
            "memline-app.1.memline  RSS 50.0 MiB at 2.00 s  live heap 25.0 MiB at 2.00 s  \
             with children 70.0 MiB at 3.00 s\n"
        );
        assert_eq!(
            line(Some("load")).expect("it was run"),
            "memline-app.1.memline  in load  RSS 50.0 MiB at 2.00 s  live heap 25.0 MiB at 2.00 s  \
             with children 70.0 MiB at 3.00 s\n"
        );
        let error = line(Some("store")).expect_err("nobody ran it");
        assert!(
            error.contains("it holds <app::T as app::Run>::run, app::load"),
            "{error}"
        );
    }
}
