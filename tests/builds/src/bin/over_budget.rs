//! Calls that take more than their budget. A panic would abort.

#[global_allocator]
static ALLOCATOR: memline::Allocator = memline::Allocator::system();

#[memline::profile(peak = "1 KiB", allocs = 1, retained = "0 B")]
fn build(size: usize) -> Vec<u8> {
    let buffer = Vec::with_capacity(size);
    std::hint::black_box(buffer)
}

fn main() {
    for size in [0, 100, 2000, 1500] {
        drop(build(size));
    }
}
