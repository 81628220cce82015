//! Where bytes come from: a file, or memory.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes to be read from any place.
#[derive(Debug)]
pub(super) enum Source {
    File(File),
    Memory(Cursor<Vec<u8>>),
}

impl Source {
    /// A regular file: of a pipe or a device nobody knows where it ends.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is not a regular file",
            ));
        }
        Ok(Self::File(file))
    }

    pub(super) fn from_bytes(bytes: Vec<u8>) -> Self {
        Self::Memory(Cursor::new(bytes))
    }

    /// Fills `buffer` from `offset` on, as far as there are bytes. Returns how many there were.
    pub(super) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => fill(file, offset, buffer),
            Self::Memory(bytes) => fill(bytes, offset, buffer),
        }
    }

    /// Copies what is before `end`. The error within is that of `out`.
    #[cfg(feature = "symbols")]
    pub(super) fn copy(&mut self, end: u64, out: &mut dyn io::Write) -> io::Result<io::Result<()>> {
        let mut window = vec![0; 64 * 1024];
        let mut offset = 0;
        while offset < end {
            let most = usize::try_from(end - offset).unwrap_or(usize::MAX);
            let room = window.len().min(most);
            let length = self.read_at(offset, &mut window[..room])?;
            if length == 0 {
                break;
            }
            if let Err(error) = out.write_all(&window[..length]) {
                return Ok(Err(error));
            }
            offset += length as u64;
        }
        Ok(Ok(()))
    }

    /// Reads exactly `length` bytes into `out`; `false` if there are fewer.
    pub(super) fn read_into(
        &mut self,
        offset: u64,
        length: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<bool> {
        out.resize(length, 0);
        Ok(self.read_at(offset, out)? == length)
    }
}

fn fill(from: &mut (impl Read + Seek), offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    from.seek(SeekFrom::Start(offset))?;
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
