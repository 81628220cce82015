//! The programs that are looked at: this file, started with `LIVE_PROGRAM` set.

use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Bytes that a program keeps.
pub(crate) const KEPT: usize = 3_000_000;

/// Becomes a program, if this process is to be one.
pub(crate) fn run_if_asked() {
    match env::var("LIVE_PROGRAM").as_deref() {
        Ok("keeps") => keeps(),
        Ok("forks") => forks(),
        Ok("branches") => branches(),
        Ok(other) => panic!("there is no program {other}"),
        Err(_) => {}
    }
}

#[inline(never)]
fn keep() -> Vec<u8> {
    black_box(vec![1; KEPT])
}

/// Keeps some bytes, allocates others all the time, and ends with 5 when its stdin does.
fn keeps() -> ! {
    let kept = keep();
    let stdin = std::io::stdin(); // with its buffer
    println!("ready");
    let worker = thread::Builder::new().name("worker".to_owned());
    let work = || {
        loop {
            drop(black_box(vec![0u8; 100]));
            thread::sleep(Duration::from_micros(200));
        }
    };
    worker.spawn(work).expect("there are threads");
    let mut end = String::new();
    let _ = stdin.read_line(&mut end);
    std::process::exit(if kept.len() == KEPT { 5 } else { 1 })
}

/// Allocates at 4,096 stacks, again and again.
fn branches() -> ! {
    #[inline(never)]
    fn left(way: u32, depth: u32) -> usize {
        down(way, depth) + 1
    }
    #[inline(never)]
    fn right(way: u32, depth: u32) -> usize {
        down(way, depth) + 2
    }
    #[inline(never)]
    fn down(way: u32, depth: u32) -> usize {
        match (depth, way & 1) {
            (0, _) => black_box(vec![0u8; 32]).len(),
            (_, 0) => black_box(left(way >> 1, depth - 1)),
            _ => black_box(right(way >> 1, depth - 1)),
        }
    }
    println!("ready");
    loop {
        for way in 0..4096 {
            black_box(down(way, 12));
        }
    }
}

/// Its children outlive it, until their stdin ends.
fn forks() -> ! {
    let child = Command::new("cat").stdout(Stdio::null()).spawn();
    println!("ready");
    // SAFETY: the child only reads into its own memory, and leaves.
    #[expect(unsafe_code)]
    unsafe {
        unsafe extern "C" {
            fn fork() -> i32;
            fn _exit(status: i32) -> !;
            fn read(file: i32, into: *mut u8, most: usize) -> isize;
        }
        if fork() == 0 {
            let mut byte = 0;
            while read(0, &mut byte, 1) > 0 {}
            _exit(0);
        }
    }
    thread::sleep(Duration::from_millis(300));
    std::process::exit(if child.is_ok() { 0 } else { 1 })
}
