//! Recordings: every allocation of a program with its call stack, in a file.
//!
//! There is no global state. What a recorder needs is always there and links next to nothing; the
//! feature `read` adds what reads recordings and looks at them.
//!
//! | modules | |
//! |---|---|
//! | `header`, `block` | the file: its first bytes, and blocks with checksums |
//! | `columns`, `huffman` | a smaller form of blocks of events |
//! | [`facts`], [`tables`], [`events`], [`timeline`] | what blocks hold |
//! | [`pending`] | the side file, which keeps what a killed process had not yet written |
//! | [`writer`] | a recording of what is told, into any `Write` |
//! | `read` | reading a recording, whatever has happened to it |
//! | `symbols` | what its addresses are called; needs the feature `symbols` |
//! | `types` | which type an allocation is for; needs the feature `symbols` |
//! | `view` | what it says, added up |
//! | `live` | what a running program and a viewer tell each other |
//!
//! `docs/FORMAT.md` has every byte.

pub mod block;
mod columns;
pub mod events;
pub mod facts;
mod header;
mod huffman;
#[cfg(feature = "read")]
pub mod live;
#[cfg(feature = "read")]
#[cfg_attr(
    not(feature = "symbols"),
    expect(dead_code, reason = "only symbols need names")
)]
mod names;
pub mod pending;
#[cfg(feature = "read")]
pub mod read;
#[cfg(feature = "symbols")]
pub mod symbols;
pub mod tables;
pub mod timeline;
#[cfg(feature = "symbols")]
pub mod types;
mod varint;
#[cfg(feature = "read")]
pub mod view;
pub mod writer;

pub use header::{Header, Magic};
#[cfg(feature = "read")]
pub use read::Recording;

/// The version of the format that this crate writes, and the newest that it reads.
pub const VERSION: u32 = 3;
