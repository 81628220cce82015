//! The format of `go tool pprof`: `profile.proto`, gzipped.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use super::{Input, Reporter};
use crate::profile::{Frame, Profile, VIEWS, index, name};

/// A file for `go tool pprof` and what else reads its profiles. It holds all four views as types of
/// samples, of which the chosen one is shown first; each sample is labelled with its thread.
#[derive(Clone, Copy, Debug)]
pub struct Pprof;

impl Reporter for Pprof {
    fn write(&self, input: &Input<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut encoder = GzEncoder::new(out, Compression::default());
        encoder.write_all(&document(input).encode_to_vec())?;
        encoder.finish()?.flush()
    }
}

/// The messages of `profile.proto` of the project pprof, as far as they are written.
mod proto {
    use prost::Message;

    #[derive(Message)]
    pub(super) struct Document {
        #[prost(message, repeated, tag = "1")]
        pub(super) sample_type: Vec<ValueType>,
        #[prost(message, repeated, tag = "2")]
        pub(super) sample: Vec<Sample>,
        #[prost(message, repeated, tag = "3")]
        pub(super) mapping: Vec<Mapping>,
        #[prost(message, repeated, tag = "4")]
        pub(super) location: Vec<Location>,
        #[prost(message, repeated, tag = "5")]
        pub(super) function: Vec<Function>,
        #[prost(string, repeated, tag = "6")]
        pub(super) string_table: Vec<String>,
        #[prost(int64, tag = "9")]
        pub(super) time_nanos: i64,
        #[prost(int64, tag = "10")]
        pub(super) duration_nanos: i64,
        #[prost(message, optional, tag = "11")]
        pub(super) period_type: Option<ValueType>,
        #[prost(int64, tag = "12")]
        pub(super) period: i64,
        #[prost(int64, repeated, tag = "13")]
        pub(super) comment: Vec<i64>,
        #[prost(int64, tag = "14")]
        pub(super) default_sample_type: i64,
    }

    #[derive(Message)]
    pub(super) struct ValueType {
        #[prost(int64, tag = "1")]
        pub(super) kind: i64,
        #[prost(int64, tag = "2")]
        pub(super) unit: i64,
    }

    #[derive(Message)]
    pub(super) struct Sample {
        #[prost(uint64, repeated, tag = "1")]
        pub(super) location_id: Vec<u64>,
        #[prost(int64, repeated, tag = "2")]
        pub(super) value: Vec<i64>,
        #[prost(message, repeated, tag = "3")]
        pub(super) label: Vec<Label>,
    }

    #[derive(Message)]
    pub(super) struct Label {
        #[prost(int64, tag = "1")]
        pub(super) key: i64,
        #[prost(int64, tag = "2")]
        pub(super) text: i64,
    }

    /// It says that everything has its name already, so that no reader looks for a binary.
    #[derive(Message)]
    pub(super) struct Mapping {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(int64, tag = "5")]
        pub(super) filename: i64,
        #[prost(bool, tag = "7")]
        pub(super) has_functions: bool,
        #[prost(bool, tag = "8")]
        pub(super) has_filenames: bool,
        #[prost(bool, tag = "9")]
        pub(super) has_line_numbers: bool,
        #[prost(bool, tag = "10")]
        pub(super) has_inline_frames: bool,
    }

    #[derive(Message)]
    pub(super) struct Location {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(uint64, tag = "2")]
        pub(super) mapping_id: u64,
        #[prost(message, repeated, tag = "4")]
        pub(super) line: Vec<Line>,
    }

    #[derive(Message)]
    pub(super) struct Line {
        #[prost(uint64, tag = "1")]
        pub(super) function_id: u64,
        #[prost(int64, tag = "2")]
        pub(super) line: i64,
    }

    #[derive(Message)]
    pub(super) struct Function {
        #[prost(uint64, tag = "1")]
        pub(super) id: u64,
        #[prost(int64, tag = "2")]
        pub(super) name: i64,
        #[prost(int64, tag = "4")]
        pub(super) filename: i64,
    }
}

use proto::{Document, Function, Label, Line, Location, Mapping, Sample, ValueType};

fn document(input: &Input<'_>) -> Document {
    let profile = input.profile;
    let mut strings = Strings::default();
    // The first one must be the empty one.
    strings.number("");
    let mut value = |kind: &str, unit: &str| ValueType {
        kind: strings.number(kind),
        unit: strings.number(unit),
    };
    let views = VIEWS.map(name);
    let sample_type = views.iter().flat_map(|view| {
        [
            (format!("{view}_objects"), "count"),
            (format!("{view}_space"), "bytes"),
        ]
    });
    let sample_type: Vec<_> = sample_type.map(|(kind, unit)| value(&kind, unit)).collect();
    let period_type = value("space", "bytes");
    let default_sample_type = sample_type[2 * index(input.view) + 1].kind;
    let functions = functions(profile, &mut strings);
    let facts = &profile.facts;
    let nanoseconds = |time: Option<std::time::Duration>| {
        time.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
    };
    Document {
        sample: samples(profile, &mut strings),
        location: locations(profile, &functions),
        function: functions.list,
        mapping: vec![Mapping {
            id: 1,
            filename: strings.number(&facts.executable),
            has_functions: true,
            has_filenames: true,
            has_line_numbers: true,
            has_inline_frames: true,
        }],
        comment: vec![strings.number(&profile.command())],
        time_nanos: nanoseconds(facts.began),
        duration_nanos: nanoseconds(facts.duration),
        period: signed(facts.sample_rate.unwrap_or(1)),
        period_type: Some(period_type),
        sample_type,
        default_sample_type,
        string_table: strings.list,
    }
}

/// One sample per thread and stack, its innermost call first.
fn samples(profile: &Profile, strings: &mut Strings) -> Vec<Sample> {
    let key = strings.number("thread");
    let sample = |row: &crate::profile::Row| Sample {
        location_id: profile
            .stack(row.call)
            .map(|call| u64::from(call.frame) + 1)
            .collect(),
        value: row
            .amounts
            .iter()
            .flat_map(|amount| [signed(amount.blocks), signed(amount.bytes)])
            .collect(),
        label: vec![Label {
            key,
            text: strings.number(&profile.thread_name(row.thread)),
        }],
    };
    profile.rows.iter().map(sample).collect()
}

/// A location is a frame, with the same number.
fn locations(profile: &Profile, functions: &Functions) -> Vec<Location> {
    let location = |(id, frame): (u64, &Frame)| Location {
        id,
        mapping_id: 1,
        line: vec![Line {
            function_id: functions.of_frame[id as usize - 1],
            line: frame.line.map_or(0, i64::from),
        }],
    };
    (1..).zip(&profile.frames).map(location).collect()
}

struct Functions {
    list: Vec<Function>,
    /// The function's number, by the frame's index.
    of_frame: Vec<u64>,
}

fn functions(profile: &Profile, strings: &mut Strings) -> Functions {
    let mut functions = Functions {
        list: Vec::new(),
        of_frame: Vec::new(),
    };
    let mut known = HashMap::new();
    for frame in &profile.frames {
        let file = frame.file.as_deref().unwrap_or_default();
        let next = functions.list.len() as u64 + 1;
        let id = *known.entry((&frame.function, file)).or_insert(next);
        if id == next {
            functions.list.push(Function {
                id,
                name: strings.number(&frame.function),
                filename: strings.number(file),
            });
        }
        functions.of_frame.push(id);
    }
    functions
}

/// Texts, each once.
#[derive(Default)]
struct Strings {
    list: Vec<String>,
    number_of: HashMap<String, i64>,
}

impl Strings {
    fn number(&mut self, text: &str) -> i64 {
        if let Some(number) = self.number_of.get(text) {
            return *number;
        }
        let number = self.list.len() as i64;
        self.list.push(text.to_owned());
        self.number_of.insert(text.to_owned(), number);
        number
    }
}

/// What is larger than the format can say is its largest number.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use pprof::protos::{self, Message};
    use profile_trace::view::View;

    use super::super::sample::written;
    use super::*;

    /// Reads what is written with another project's definition of the format.
    fn decoded(view: View) -> protos::Profile {
        let zipped = written(&Pprof, view);
        let mut bytes = Vec::new();
        let unzipped = GzDecoder::new(&*zipped).read_to_end(&mut bytes);
        unzipped.expect("it is gzipped");
        protos::Profile::decode(&*bytes).expect("it is a profile")
    }

    #[test]
    fn another_reader_finds_every_stack() {
        let read = decoded(View::Peak);
        let text = |number: i64| read.string_table[number as usize].as_str();
        assert_eq!(text(0), "");
        let types = read
            .sample_type
            .iter()
            .map(|kind| (text(kind.ty), text(kind.unit)));
        let expected = ["peak", "leaks", "temporary", "total"];
        let expected = expected.map(|view| {
            [
                (format!("{view}_objects"), "count"),
                (format!("{view}_space"), "bytes"),
            ]
        });
        let expected = expected.iter().flatten();
        assert!(types.eq(expected.map(|(kind, unit)| (kind.as_str(), *unit))));

        let stacks = read.sample.iter().map(|sample| {
            let calls = sample.location_id.iter().map(|id| {
                let location = read.location.iter().find(|location| location.id == *id);
                let line = &location.expect("it is there").line[0];
                let function = read.function.iter().find(|f| f.id == line.function_id);
                let function = function.expect("it is there");
                format!(
                    "{} {}:{}",
                    text(function.name),
                    text(function.filename),
                    line.line
                )
            });
            let thread = &sample.label[0];
            assert_eq!(text(thread.key), "thread");
            (text(thread.str), calls.collect::<Vec<_>>(), &*sample.value)
        });
        let stacks: Vec<_> = stacks.collect();
        assert_eq!(stacks.len(), 3);
        let (thread, calls, values) = &stacks[2];
        assert_eq!(
            (*thread, &**calls, *values),
            (
                "worker",
                &[
                    "alloc::raw_vec::RawVec<T,A>::grow_one std::alloc/raw_vec.rs:340".to_owned(),
                    "worker::run worker-1.0.0/src/lib.rs:7".to_owned(),
                ][..],
                &[3, 1 << 20, 2, 4096, 0, 0, 3, 1 << 20][..],
            )
        );
        assert_eq!(read.time_nanos, 1_795_620_598_000_000_000);
        assert_eq!(text(read.comment[0]), "app folder");
    }

    #[test]
    fn the_chosen_view_is_shown_first() {
        for (view, kind) in [(View::Leaks, "leaks_space"), (View::Total, "total_space")] {
            let read = decoded(view);
            assert_eq!(read.string_table[read.default_sample_type as usize], kind);
        }
    }
}
