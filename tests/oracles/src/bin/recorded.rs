//! Records the workload into the file that it is told; with one more word, that of one thread alone.

#[global_allocator]
static ALLOCATOR: memline::Allocator = memline::Allocator::system();

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).unwrap_or_default();
    let alone = std::env::args_os().len() > 2;
    let recorder = memline::Recorder::start(path)?;
    let sum = if alone {
        oracles::work()
    } else {
        oracles::all()
    };
    drop(recorder);
    println!("{sum}");
    Ok(())
}
