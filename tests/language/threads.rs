//! Threads: scoped, spawned, panicking, locks in conditions, and thread-locals that die.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::cell::RefCell;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::thread;

struct Last(u32);

#[cfg_attr(profiled, memline::profile)]
impl Drop for Last {
    fn drop(&mut self) {
        let text = vec![self.0; 3];
        println!("thread-local dies with {text:?}");
    }
}

thread_local! {
    static LAST: RefCell<Last> = const { RefCell::new(Last(0)) };
}

#[cfg_attr(profiled, memline::profile)]
fn scoped(list: &mut [u32]) -> u32 {
    let (left, right) = list.split_at_mut(2);
    let sum = thread::scope(|scope| {
        let one = scope.spawn(|| {
            for n in left.iter_mut() {
                *n += 1;
            }
            left.iter().sum::<u32>()
        });
        let two = scope.spawn(|| right.iter().sum::<u32>());
        one.join().expect("no panic") + two.join().expect("no panic")
    });
    sum + list[0]
}

#[cfg_attr(profiled, memline::profile)]
fn channel() -> Vec<u32> {
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || {
        LAST.with_borrow_mut(|last| last.0 = 7);
        while let Ok(number) = receiver.recv() {
            let _held = vec![number; 10];
            if number == 3 {
                return vec![number];
            }
        }
        vec![]
    });
    for number in 1.. {
        if sender.send(number).is_err() || number == 3 {
            break;
        }
    }
    worker.join().expect("no panic")
}

#[cfg_attr(profiled, memline::profile)]
fn locks(shared: &Mutex<Vec<u32>>) -> usize {
    shared.lock().expect("not poisoned").push(1);
    if let Some(last) = shared.lock().expect("not poisoned").last().copied() {
        println!("{last}");
    }
    match shared.lock().expect("not poisoned").len() {
        0 => 0,
        n => n + 1,
    };
    while shared.lock().expect("not poisoned").len() < 4 {
        shared.lock().expect("not poisoned").push(2);
    }
    let length = shared.lock().expect("not poisoned").len();
    length
}

#[cfg_attr(profiled, memline::profile)]
fn waits() -> u32 {
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let other = Arc::clone(&pair);
    let handle = thread::spawn(move || {
        let (number, ready) = &*other;
        *number.lock().expect("not poisoned") = 5;
        ready.notify_one();
    });
    let (number, ready) = &*pair;
    let mut guard = number.lock().expect("not poisoned");
    while *guard == 0 {
        guard = ready.wait(guard).expect("not poisoned");
    }
    handle.join().expect("no panic");
    *guard
}

#[cfg_attr(profiled, memline::profile)]
fn panicking() -> bool {
    let handle = thread::spawn(|| {
        let _held = noisy("held");
        panic!("in a thread");
    });
    handle.join().is_err()
}

fn main() {
    println!("{} {:?}", scoped(&mut [1, 2, 3]), channel());
    println!("{} {}", locks(&Mutex::default()), waits());
    println!("{:?}", caught(panicking));
}
