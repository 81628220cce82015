//! Why a file cannot be read at all.

use std::io;

/// Why there is nothing to read. Each names the file, what was expected and what was found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system refuses the file.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{path} is empty: a recording begins with a header")]
    Empty {
        /// The file.
        path: String,
    },
    /// It begins with something else than a recording does.
    #[error("{path} is no recording of memline: its first bytes are others")]
    NoRecording {
        /// The file.
        path: String,
    },
    /// It was written by a memline that this one does not know.
    #[error(
        "{path} is a recording of format {version}, and this memline reads up to {}: a newer one is needed",
        crate::VERSION
    )]
    Newer {
        /// The file.
        path: String,
        /// The version of its format.
        version: u32,
    },
}
