//! The global allocator that this build compares; the system's own where none is chosen.

// memline needs no line here: its default features install its allocator.

#[cfg(feature = "stats_alloc")]
#[global_allocator]
static STATS_ALLOC: &stats_alloc::StatsAlloc<std::alloc::System> =
    &stats_alloc::INSTRUMENTED_SYSTEM;

#[cfg(feature = "divan")]
#[global_allocator]
static DIVAN: divan::AllocProfiler = divan::AllocProfiler::system();

#[cfg(feature = "dhat")]
#[global_allocator]
static DHAT: dhat::Alloc = dhat::Alloc;

#[cfg(feature = "heapscope")]
#[global_allocator]
static HEAPSCOPE: heapscope::Alloc = heapscope::Alloc::system();

// In time mode it forwards without counting, as in a program that can be built either way.
#[cfg(feature = "hotpath")]
#[global_allocator]
static HOTPATH: hotpath::CountingAllocator = hotpath::CountingAllocator::new();

/// Whatever is installed, called as collections call it.
pub(crate) struct Installed;

#[expect(
    unsafe_code,
    reason = "stands for the global allocator, as `alloc::alloc` does"
)]
// SAFETY: every call goes to the global allocator unchanged.
unsafe impl std::alloc::GlobalAlloc for Installed {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::alloc`.
        unsafe { std::alloc::alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: the caller upholds the contract of `GlobalAlloc::dealloc`.
        unsafe { std::alloc::dealloc(block, layout) }
    }
}
