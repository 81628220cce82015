//! The format of speedscope.app: one profile per thread, weighted in bytes.

use std::io::{self, Write};

use profile_trace::view::View;
use serde::Serialize;

use super::{Input, Reporter, json};
use crate::profile::{Profile, title};

/// A file for speedscope.app.
#[derive(Clone, Copy, Debug)]
pub struct Speedscope;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: String,
    exporter: &'static str,
    active_profile_index: usize,
    shared: Shared<'a>,
    profiles: Vec<Thread>,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: Vec<Frame<'a>>,
}

#[derive(Serialize)]
struct Frame<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Thread {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<u32>>,
    weights: Vec<u64>,
}

impl Reporter for Speedscope {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let profile = input.profile;
        let frames = profile.frames.iter().map(|frame| Frame {
            name: &frame.function,
            file: frame.file.as_deref(),
            line: frame.line,
        });
        let document = Document {
            schema: "https://www.speedscope.app/file-format-schema.json",
            name: format!("{}, {}", profile.command(), title(input.view)),
            exporter: concat!("memline ", env!("CARGO_PKG_VERSION")),
            active_profile_index: 0,
            shared: Shared {
                frames: frames.collect(),
            },
            profiles: threads(profile, input.view),
        };
        json(&document, out)
    }
}

fn threads(profile: &Profile, view: View) -> Vec<Thread> {
    let thread = |number: u32| {
        let rows = profile.rows.iter().filter(|row| row.thread == number);
        let rows = rows.filter(|row| row.amount(view).bytes > 0);
        let (samples, weights): (Vec<_>, Vec<_>) = rows
            .map(|row| {
                let mut stack: Vec<u32> = profile.stack(row.call).map(|call| call.frame).collect();
                stack.reverse();
                (stack, row.amount(view).bytes)
            })
            .unzip();
        Thread {
            kind: "sampled",
            name: profile.thread_name(number),
            unit: "bytes",
            start_value: 0,
            end_value: weights.iter().sum(),
            samples,
            weights,
        }
    };
    let mut numbers: Vec<u32> = profile.rows.iter().map(|row| row.thread).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let threads = numbers.into_iter().map(thread);
    threads
        .filter(|thread| !thread.samples.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::sample::check;
    use super::*;

    #[test]
    fn a_profile_per_thread() {
        check(
            &Speedscope,
            View::Leaks,
            expect![[r#"
            {
              "$schema": "https://www.speedscope.app/file-format-schema.json",
              "name": "app folder, still live at the end",
              "exporter": "memline 0.1.0",
              "activeProfileIndex": 0,
              "shared": {
                "frames": [
                  {
                    "name": "std::rt::lang_start",
                    "file": "std::std/rt.rs",
                    "line": 206
                  },
                  {
                    "name": "app::main",
                    "file": "src/main.rs",
                    "line": 40
                  },
                  {
                    "name": "app::Index::build",
                    "file": "src/index.rs",
                    "line": 12
                  },
                  {
                    "name": "alloc::raw_vec::RawVec<T,A>::grow_one",
                    "file": "std::alloc/raw_vec.rs",
                    "line": 340
                  },
                  {
                    "name": "app::read",
                    "file": "src/index.rs",
                    "line": 30
                  },
                  {
                    "name": "std::fs::read_to_string",
                    "file": "std::std/fs.rs",
                    "line": 300
                  },
                  {
                    "name": "worker::run",
                    "file": "worker-1.0.0/src/lib.rs",
                    "line": 7
                  }
                ]
              },
              "profiles": [
                {
                  "type": "sampled",
                  "name": "main",
                  "unit": "bytes",
                  "startValue": 0,
                  "endValue": 64,
                  "samples": [
                    [
                      0,
                      1,
                      2,
                      3
                    ]
                  ],
                  "weights": [
                    64
                  ]
                },
                {
                  "type": "sampled",
                  "name": "worker",
                  "unit": "bytes",
                  "startValue": 0,
                  "endValue": 4096,
                  "samples": [
                    [
                      6,
                      3
                    ]
                  ],
                  "weights": [
                    4096
                  ]
                }
              ]
            }
        "#]],
        );
    }
}
