//! The format of DHAT's viewer.
//!
//! A recording has no lifetimes of blocks by stack, so that the file holds one view: its bytes and
//! blocks, under the viewer's `Total`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Input, Reporter, json};
use crate::profile::title;

/// A file for DHAT's viewer, `dh_view.html`.
#[derive(Clone, Copy, Debug)]
pub struct Dhat;

#[derive(Serialize)]
#[allow(non_snake_case)] // the names are the format's
struct Document {
    dhatFileVersion: u32,
    mode: &'static str,
    verb: &'static str,
    bklt: bool,
    bkacc: bool,
    tu: &'static str,
    Mtu: &'static str,
    cmd: String,
    pid: u64,
    te: u64,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Serialize)]
struct Point {
    tb: u64,
    tbk: u64,
    fs: Vec<u32>,
}

impl Reporter for Dhat {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let profile = input.profile;
        let rows = profile.rows.iter().map(|row| (row, row.amount(input.view)));
        let rows = rows.filter(|(_, amount)| amount.blocks > 0);
        let duration = profile.facts.duration.unwrap_or_default();
        let frames = profile.frames.iter();
        let frames = frames.map(|frame| format!("{} ({})", frame.function, frame.place()));
        let document = Document {
            dhatFileVersion: 2,
            mode: "memline",
            verb: title(input.view),
            bklt: false,
            bkacc: false,
            tu: "µs",
            Mtu: "s",
            cmd: profile.command(),
            pid: profile.facts.process.unwrap_or(0),
            te: duration.as_micros() as u64,
            pps: rows
                .map(|(row, amount)| Point {
                    tb: amount.bytes,
                    tbk: amount.blocks,
                    // The first entry of the table is the root.
                    fs: profile.stack(row.call).map(|call| call.frame + 1).collect(),
                })
                .collect(),
            ftbl: std::iter::once("[root]".to_owned()).chain(frames).collect(),
        };
        json(&document, out)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use profile_trace::view::View;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn a_point_per_stack() {
        check(
            &Dhat,
            View::Leaks,
            expect![[r#"
            {
              "dhatFileVersion": 2,
              "mode": "memline",
              "verb": "still live at the end",
              "bklt": false,
              "bkacc": false,
              "tu": "µs",
              "Mtu": "s",
              "cmd": "app folder",
              "pid": 100,
              "te": 40000,
              "pps": [
                {
                  "tb": 64,
                  "tbk": 1,
                  "fs": [
                    4,
                    3,
                    2,
                    1
                  ]
                },
                {
                  "tb": 4096,
                  "tbk": 2,
                  "fs": [
                    4,
                    7
                  ]
                }
              ],
              "ftbl": [
                "[root]",
                "std::rt::lang_start (std::std/rt.rs:206)",
                "app::main (src/main.rs:40)",
                "app::Index::build (src/index.rs:12)",
                "alloc::raw_vec::RawVec<T,A>::grow_one (std::alloc/raw_vec.rs:340)",
                "app::read (src/index.rs:30)",
                "std::fs::read_to_string (std::std/fs.rs:300)",
                "worker::run (worker-1.0.0/src/lib.rs:7)"
              ]
            }
        "#]],
        );
    }
}
