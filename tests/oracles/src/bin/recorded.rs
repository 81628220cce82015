//! Records the workload into the file that it is told; with one more word, that of one thread alone.

#[global_allocator]
static ALLOCATOR: memline::Allocator = memline::Allocator::system();

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).unwrap_or_default();
    let alone = std::env::args_os().len() > 2;
    let recorder = memline::Recorder::start(path)?;
    let elsewhere = if alone { 0 } else { oracles::work_elsewhere() };
    let sum = elsewhere + oracles::work();
    drop(recorder);
    println!("{sum}");
    Ok(())
}
