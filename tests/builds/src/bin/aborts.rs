//! A program that a panic aborts. With an argument, one does.

#[global_allocator]
static ALLOCATOR: memline::Allocator = memline::Allocator::system();

#[memline::profile]
fn index(at: usize) -> u8 {
    let kept = builds::keep();
    kept[at]
}

fn main() {
    const { assert!(cfg!(panic = "abort")) };
    println!("{}", index(999));
    if std::env::args().len() > 1 {
        index(1000);
    }
}
