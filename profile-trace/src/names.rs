//! What calls are called, for recordings that are read where the program's files are not.
//!
//! A payload is complete in itself. Its records are each a tag byte and what the table says;
//! strings are a varint length and UTF-8.
//!
//! | tag | record | |
//! |---|---|---|
//! | 1 | text | string. Texts are numbered from 1 as they come; 0 stands for none |
//! | 2 | module | strings: path, build id (bytes); a byte: 1 if lines and inlined functions are known. The calls that follow are its |
//! | 3 | call | varint: its address in the module less that of the call before it in the payload, zigzagged; varint: how many functions; for each, the innermost first, varints: the texts of its path, its name with type arguments, and its source file; its line, 0 if unknown |
//!
//! A call's functions but the last are inlined, each into the next.

use std::mem;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::block::MAX_PAYLOAD;
use crate::tables::Module;
use crate::varint::{Reader, push, push_bytes, unzigzag, zigzag};

const TAG_TEXT: u8 = 1;
const TAG_MODULE: u8 = 2;
const TAG_CALL: u8 = 3;

/// Bytes after which another payload is begun.
const PAYLOAD: usize = 256 * 1024;

/// A function at one place of a source file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) function: Arc<str>,
    pub(crate) instance: Option<Arc<str>>,
    pub(crate) path: Option<Arc<str>>,
    pub(crate) line: Option<u32>,
}

/// The names of one module's calls.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) has_lines: bool,
    /// By the address that the call returns to, less the module's base.
    calls: HashMap<u64, Vec<Name>>,
}

impl Names {
    /// The functions of a call, the innermost first.
    pub(crate) fn call(&self, address: u64) -> Option<&[Name]> {
        self.calls.get(&address).map(Vec::as_slice)
    }
}

/// What tells a file from others: its path and its build id.
pub(crate) type File = (String, Vec<u8>);

/// The names in a recording, by module.
#[derive(Debug, Default)]
pub(crate) struct Packed(HashMap<File, Names>);

impl Packed {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, file: &File) -> Option<&Names> {
        self.0.get(file)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&File, &Names)> {
        self.0.iter()
    }

    /// Adds a block's records. `None` if it ends in something that is none.
    pub(crate) fn read(&mut self, payload: &[u8]) -> Option<()> {
        let mut reader = Reader::new(payload);
        let mut texts = vec![Arc::from("")];
        let mut names = None;
        let mut address = 0u64;
        while let Some(tag) = reader.byte() {
            match tag {
                TAG_TEXT => texts.push(string(&mut reader)?.into()),
                TAG_MODULE => {
                    let file = (string(&mut reader)?, reader.bytes()?.to_vec());
                    let module = self.0.entry(file).or_default();
                    module.has_lines = reader.byte()? == 1;
                    names = Some(module);
                }
                TAG_CALL => {
                    address = address.wrapping_add(unzigzag(reader.varint()?) as u64);
                    let count = reader.varint()?;
                    let mut call = Vec::new();
                    // A function takes four bytes at least, so that no count leads to more than
                    // is there.
                    for _ in 0..count {
                        call.push(name(&mut reader, &texts)?);
                    }
                    names.as_mut()?.calls.insert(address, call);
                }
                _ => return None,
            }
        }
        Some(())
    }
}

fn string(reader: &mut Reader<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(reader.bytes()?).into_owned())
}

fn name(reader: &mut Reader<'_>, texts: &[Arc<str>]) -> Option<Name> {
    let mut text = || {
        let number = usize::try_from(reader.varint()?).ok()?;
        Some((number, texts.get(number)?.clone()))
    };
    let ((_, function), instance, path) = (text()?, text()?, text()?);
    let known = |(number, text): (usize, Arc<str>)| (number > 0).then_some(text);
    Some(Name {
        function,
        instance: known(instance),
        path: known(path),
        line: Some(reader.varint32()?).filter(|line| *line > 0),
    })
}

/// Encodes the payloads of the blocks.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    payload: Vec<u8>,
    texts: HashMap<Arc<str>, u64>,
    address: u64,
    /// The record of the module that the next calls are in.
    module: Vec<u8>,
}

impl Encoder {
    /// Goes on with the calls of a module.
    pub(crate) fn module(&mut self, module: &Module, has_lines: bool) {
        self.module.clear();
        self.module.push(TAG_MODULE);
        push_bytes(&mut self.module, module.path.as_bytes());
        push_bytes(&mut self.module, &module.build_id);
        self.module.push(u8::from(has_lines));
        if !self.payload.is_empty() {
            self.payload.extend_from_slice(&self.module);
        }
    }

    /// Adds a call. Returns a payload once there is enough for one.
    pub(crate) fn call(&mut self, address: u64, functions: &[Name]) -> Option<Vec<u8>> {
        if self.payload.is_empty() {
            self.payload.extend_from_slice(&self.module);
        }
        let mut call = vec![TAG_CALL];
        push(&mut call, zigzag(address.wrapping_sub(self.address) as i64));
        self.address = address;
        push(&mut call, functions.len() as u64);
        for name in functions {
            let texts = [
                Some(&name.function),
                name.instance.as_ref(),
                name.path.as_ref(),
            ];
            for text in texts {
                let number = text.map_or(0, |text| self.text(text));
                push(&mut call, number);
            }
            push(&mut call, name.line.unwrap_or(0).into());
        }
        self.payload.extend_from_slice(&call);
        (self.payload.len() >= PAYLOAD).then(|| self.finish())
    }

    /// The payload so far; the next one begins anew.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.texts.clear();
        self.address = 0;
        mem::take(&mut self.payload)
    }

    /// The number of a text. What would not fit into a block is cut short.
    fn text(&mut self, text: &Arc<str>) -> u64 {
        let next = self.texts.len() as u64 + 1;
        let number = *self.texts.entry(text.clone()).or_insert(next);
        if number == next {
            const LONGEST: usize = 4096;
            let longest = text.len().min(LONGEST);
            let end = (0..=longest).rfind(|end| text.is_char_boundary(*end));
            self.payload.push(TAG_TEXT);
            push_bytes(&mut self.payload, &text.as_bytes()[..end.unwrap_or(0)]);
        }
        number
    }
}

const _: () = assert!(PAYLOAD < MAX_PAYLOAD / 2);

#[cfg(test)]
mod tests {
    use super::*;

    fn module(path: &str) -> Module {
        Module {
            path: path.to_owned(),
            build_id: vec![1, 2],
            ..Module::default()
        }
    }

    fn name(function: &str, line: u32) -> Name {
        Name {
            function: function.into(),
            instance: line.is_multiple_of(2).then(|| "one<u8>".into()),
            path: Some("src/main.rs".into()),
            line: (line > 0).then_some(line),
        }
    }

    #[test]
    fn names_come_back() {
        let mut encoder = Encoder::default();
        encoder.module(&module("app"), true);
        let inlined = [name("app::push", 3), name("app::main", 40)];
        assert_eq!(encoder.call(0x2000, &inlined), None);
        assert_eq!(encoder.call(0x1000, &inlined[1..]), None);
        encoder.module(&module("libc.so"), false);
        assert_eq!(encoder.call(0x10, &[name("malloc", 0)]), None);
        let payload = encoder.finish();

        let mut packed = Packed::default();
        assert_eq!(packed.read(&payload), Some(()));
        let app = packed
            .get(&("app".to_owned(), vec![1, 2]))
            .expect("it is there");
        assert_eq!(app.call(0x2000), Some(&inlined[..]));
        assert_eq!(app.call(0x1000), Some(&inlined[1..]));
        assert_eq!(app.call(0x10), None);
        assert!(app.has_lines);
        let libc = packed.get(&("libc.so".to_owned(), vec![1, 2]));
        let libc = libc.expect("it is there");
        assert!(!libc.has_lines && libc.call(0x10).is_some());
        for length in 0..payload.len() {
            // It ends in a record, or in none: no panic, and no more than was there.
            let _some = Packed::default().read(&payload[..length]);
        }
    }

    #[test]
    fn each_payload_can_be_read_alone() {
        let mut encoder = Encoder::default();
        encoder.module(&module("app"), true);
        let mut payloads = Vec::new();
        for call in 0..40_000u64 {
            payloads.extend(encoder.call(call * 16, &[name(&format!("app::f{call}"), 7)]));
        }
        payloads.push(encoder.finish());
        assert!(payloads.len() > 2);
        let mut packed = Packed::default();
        for payload in payloads.iter().rev() {
            assert!(payload.len() <= MAX_PAYLOAD);
            assert_eq!(packed.read(payload), Some(()));
        }
        let app = packed
            .get(&("app".to_owned(), vec![1, 2]))
            .expect("it is there");
        assert_eq!(app.calls.len(), 40_000);
        let last = app.call(39_999 * 16).expect("it is there");
        assert_eq!(&*last[0].function, "app::f39999");
    }
}
