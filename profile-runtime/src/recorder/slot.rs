//! The buffer of one stream: a slot of the side file, mapped.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::slice;

use profile_trace::pending::{SLOT, SLOT_HEADER, SLOT_PAYLOAD, SlotHeader};

/// A mapped slot. Whoever writes its payload is the only one; anyone may read what is committed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot(NonNull<u8>);

// SAFETY: the mapping is shared by design; see the methods for who may touch what.
#[expect(unsafe_code)]
unsafe impl Send for Slot {}

impl Slot {
    /// Maps the slot that begins at `offset`, whose room on the disk is reserved.
    pub(super) fn map(file: &File, offset: u64) -> Option<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a mapping at an address of the system's choice.
        #[expect(unsafe_code)]
        let address = unsafe {
            libc::mmap(
                ptr::null_mut(),
                SLOT,
                access,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                libc::off_t::try_from(offset).ok()?,
            )
        };
        if address == libc::MAP_FAILED {
            return None;
        }
        NonNull::new(address.cast()).map(Self)
    }

    /// Gives the mapping back.
    ///
    /// # Safety
    ///
    /// Nobody uses the slot, or a copy of it, any more.
    #[expect(unsafe_code)]
    pub(super) unsafe fn unmap(self) {
        // SAFETY: the mapping is of this size, and unused from here on, as the caller promises.
        unsafe {
            libc::munmap(self.0.as_ptr().cast(), SLOT);
        }
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &SlotHeader {
        // SAFETY: the mapping begins with a header, is aligned to a page, and lives as long as a
        // copy of it is used (`unmap`). All of the header is atomic.
        #[expect(unsafe_code)]
        unsafe {
            self.0.cast().as_ref()
        }
    }

    /// The payload's bytes from `from` on.
    ///
    /// # Safety
    ///
    /// The caller is the slot's only writer, and has no other slice of it.
    #[expect(unsafe_code)]
    #[inline(always)]
    pub(super) unsafe fn rest(&mut self, from: usize) -> &mut [u8] {
        let from = from.min(SLOT_PAYLOAD);
        // SAFETY: within the mapping; nobody else writes there, as the caller promises, and others
        // read only what is committed, which a writer leaves alone until it restarts the slot.
        unsafe {
            slice::from_raw_parts_mut(self.0.as_ptr().add(SLOT_HEADER + from), SLOT_PAYLOAD - from)
        }
    }

    /// What is committed of the payload.
    ///
    /// # Safety
    ///
    /// The slot is not restarted while the slice is used.
    #[expect(unsafe_code)]
    pub(super) unsafe fn committed(&self) -> &[u8] {
        let length = self
            .header()
            .read()
            .map_or(0, |(_, length)| length as usize);
        // SAFETY: within the mapping; committed bytes do not change before the slot is restarted.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(SLOT_HEADER), length.min(SLOT_PAYLOAD)) }
    }
}
