#![doc = include_str!("../README.md")]

pub use profile_macro::{profile, test};
pub use profile_runtime::*;

#[doc(hidden)]
pub use profile_runtime::__private;

#[cfg(feature = "global-allocator")]
#[global_allocator]
static ALLOCATOR: Allocator = Allocator::system();

/// The rest of the tour: what the README shows, in full.
#[cfg(doc)]
pub mod guide {
    #[doc = include_str!("../docs/guide/leaks.md")]
    pub mod leaks {}
    #[doc = include_str!("../docs/guide/live.md")]
    pub mod live {}
    #[doc = include_str!("../docs/guide/recordings.md")]
    pub mod recordings {}
    #[doc = include_str!("../docs/guide/reports.md")]
    pub mod reports {}
    #[doc = include_str!("../docs/guide/tests.md")]
    pub mod tests {}
    #[doc = include_str!("../docs/guide/time.md")]
    pub mod time {}
}
