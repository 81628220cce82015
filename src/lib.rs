#![doc = include_str!("../README.md")]

pub use profile_macro::{profile, test};
pub use profile_runtime::*;

#[doc(hidden)]
pub use profile_runtime::__private;

#[cfg(feature = "global-allocator")]
#[global_allocator]
static ALLOCATOR: Allocator = Allocator::system();
