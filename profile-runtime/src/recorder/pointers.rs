//! Walks a stack by its frame pointers: each frame begins with the address of the one before, and
//! the address to return to lies above it.

use super::walk::{Bounds, Extent, Hash, Walked, frame_at};

/// Walks from the frame at `frame`, as far as that leads up the stack, and `extent` wants to go.
/// Returns the number of calls and their hash; the addresses are in `calls`, the innermost first.
#[inline(always)]
pub(super) fn walk(
    mut frame: usize,
    mut bounds: Bounds,
    mut extent: impl Extent,
    calls: &mut [u64],
) -> Walked {
    let mut hash = Hash::default();
    let mut count = 0;
    while bounds.hold_frame(frame) {
        // SAFETY: two words within this thread's stack, above its stack pointer.
        #[expect(unsafe_code)]
        let [next, back] = unsafe { frame_at(frame) };
        if back == 0 {
            break;
        }
        let Some(call) = calls.get_mut(count) else {
            return Walked {
                count,
                hash: hash.finish(),
                cut_off: true,
            };
        };
        *call = back as u64;
        hash.add(back as u64);
        count += 1;
        if extent.ends(back as u64) {
            return Walked {
                count,
                hash: hash.finish(),
                cut_off: true,
            };
        }
        bounds.start = frame + 16;
        frame = next;
    }
    Walked {
        count,
        hash: hash.finish(),
        cut_off: false,
    }
}
