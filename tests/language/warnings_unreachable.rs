//! Warnings about code that never runs, and lints on single statements.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn after_return(n: u32) -> u32 {
    if n > 100 {
        return 1;
        println!("after return");
    }
    for _ in 0..n {
        break;
        println!("after break");
    }
    while n > 50 {
        continue;
        let _x = 1;
    }
    loop {
        if n == 1 {
            break;
        } else {
            return 2;
        }
        println!("after both");
    }
    return n;
    println!("after all");
    n + 1
}

#[cfg_attr(profiled, memline::profile)]
fn after_never(n: u32) -> u32 {
    let value = match n {
        0 => panic!("zero"),
        1 => {
            panic!("one");
            1
        }
        2 => return 5,
        _ => exits(n),
    };
    println!("after the match"); // lost with probes
    value
}

#[cfg_attr(profiled, memline::profile)]
fn exits(n: u32) -> ! {
    let text = format!("exit {n}");
    panic!("{text}");
}

#[cfg_attr(profiled, memline::profile)]
fn calls_never(n: u32) {
    let _held = noisy("held");
    exits(n);
    println!("after a call"); // lost with probes
}

#[cfg_attr(profiled, memline::profile)]
fn in_operands(flag: bool) -> u32 {
    if flag {
        let _x: u32 = see(return 7);
    }
    let _list = [1, 2, return 8];
    3
}

#[cfg_attr(profiled, memline::profile)]
fn tail_never(n: u32) -> String {
    loop {
        if n > 0 {
            return n.to_string();
        }
        unimplemented!()
    }
}

#[cfg_attr(profiled, memline::profile)]
fn patterns(n: u32) -> u32 {
    match n {
        0..=9 => 1,
        5 => 2,
        x => x,
        _ => {
            let y = 3;
            y
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
fn closures() -> u32 {
    let run = |n: u32| -> u32 {
        if n > 0 {
            return n;
        } else {
            return 0;
        }
        println!("never");
        4
    };
    let diverges = || -> u32 {
        let _local = noisy("local");
        panic!("closure")
    };
    run(2) + caught(diverges).unwrap_or(1)
}

fn main() {
    println!("{} {}", after_return(1), after_return(0));
    for n in 0..4 {
        println!("{:?}", caught(|| after_never(n)));
    }
    println!("{:?} {}", caught(|| calls_never(9)), in_operands(true));
    println!("{} {:?}", tail_never(1), caught(|| tail_never(0)));
    println!("{} {} {}", patterns(5), patterns(50), closures());
}
