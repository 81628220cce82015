//! Where a recording ends: what is appended, by whichever thread, begins there.

use super::spin::Spin;

/// The end of a recording.
pub(crate) struct Tail(Spin<Whole>);

/// What of a file is whole blocks.
#[derive(Clone, Copy)]
struct Whole {
    /// Bytes.
    length: u64,
    blocks: u64,
}

impl Tail {
    /// The end of a file that holds so many bytes, and so many blocks.
    pub(crate) const fn new(length: u64, blocks: u64) -> Self {
        Self(Spin::new(Whole { length, blocks }))
    }

    /// Appends a block: `write` is told where it begins. What it could not write does not count, and
    /// is written over.
    ///
    /// # Errors
    ///
    /// That of `write`.
    pub(crate) fn append<E>(
        &self,
        block: &[u8],
        write: impl FnOnce(u64) -> Result<(), E>,
    ) -> Result<(), E> {
        self.0.with(|whole| {
            write(whole.length)?;
            whole.length += block.len() as u64;
            whole.blocks += 1;
            Ok(())
        })
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> u64 {
        self.0.with(|whole| whole.blocks)
    }
}
