//! The first bytes of a recording and of its side file.

use crate::VERSION;

/// What a file begins with. A byte above 127 and a zero tell it from text, and a line's end from
/// what a transfer in text mode makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Magic {
    /// A recording.
    Recording,
    /// What of a recording is not yet in it; see [`pending`](crate::pending).
    Pending,
    /// What a running program and a viewer tell each other; see `live`.
    Live,
}

impl Magic {
    /// The eight bytes themselves.
    #[must_use]
    pub const fn bytes(self) -> [u8; 8] {
        match self {
            Magic::Recording => *b"\x93memlin\n",
            Magic::Pending => *b"\x93mempen\n",
            Magic::Live => *b"\x93memliv\n",
        }
    }
}

/// The header of either file, and of what is told live: 24 bytes, numbers little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the format that the file is written in.
    pub version: u32,
    /// The same in a recording and its side file, and in no other pair. Live, the process's id.
    pub session: u64,
}

impl Header {
    /// Bytes of a header.
    pub const SIZE: usize = 24;

    /// A header of this version of the format.
    #[must_use]
    pub const fn new(session: u64) -> Self {
        Self {
            version: VERSION,
            session,
        }
    }

    /// The header's bytes.
    #[must_use]
    pub fn encode(&self, magic: Magic) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        bytes[..8].copy_from_slice(&magic.bytes());
        bytes[8..12].copy_from_slice(&self.version.to_le_bytes());
        bytes[16..].copy_from_slice(&self.session.to_le_bytes());
        bytes
    }

    /// The header that `bytes` begin with, whatever its version; `None` if there is none.
    #[must_use]
    pub fn decode(bytes: &[u8], magic: Magic) -> Option<Self> {
        let bytes: &[u8; Self::SIZE] = bytes.first_chunk()?;
        let (start, session) = bytes.split_last_chunk()?;
        let version = start[8..].first_chunk()?;
        (start[..8] == magic.bytes()).then(|| Self {
            version: u32::from_le_bytes(*version),
            session: u64::from_le_bytes(*session),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back() {
        let header = Header::new(0x0123_4567_89AB_CDEF);
        let bytes = header.encode(Magic::Recording);
        assert_eq!(Header::decode(&bytes, Magic::Recording), Some(header));
        assert_eq!(Header::decode(&bytes, Magic::Pending), None);
        assert_eq!(Header::decode(&bytes[..23], Magic::Recording), None);
    }
}
