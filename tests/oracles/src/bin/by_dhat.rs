//! Runs the workload under dhat-rs and prints what that says: blocks and bytes in all, at the peak,
//! and at the end.

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() {
    let profiler = dhat::Profiler::builder().testing().build();
    std::hint::black_box(oracles::all());
    let stats = dhat::HeapStats::get();
    drop(profiler);
    println!(
        "{} {} {} {} {} {}",
        stats.total_blocks,
        stats.total_bytes,
        stats.max_blocks,
        stats.max_bytes,
        stats.curr_blocks,
        stats.curr_bytes
    );
}
