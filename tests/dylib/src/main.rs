//! A program that uses the library, and has profiled functions of its own.

#[memline::profile]
fn both() -> usize {
    let theirs = library::keep();
    let own = vec![1u8; 100];
    let one = library::keep_one([1u8; 10]);
    theirs.len() + own.len() + one.len()
}

fn main() {
    let on_thread = std::thread::spawn(both).join();
    println!("{}", both() + on_thread.expect("it does not panic"));
}
