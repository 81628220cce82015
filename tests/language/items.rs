//! Items in bodies: functions, statics, constants, types, modules, `use`, before and after their use.

#[path = "common/mod.rs"]
mod common;
use common::*;

#[cfg_attr(profiled, memline::profile)]
fn outer(n: u32) -> u32 {
    let first = helper(n);
    fn helper(n: u32) -> u32 {
        let _inside = Noisy("helper");
        n + OFFSET
    }
    const OFFSET: u32 = {
        let mut sum = 0;
        while sum < 10 {
            sum += 3;
        }
        sum
    };
    static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    use std::sync::atomic::Ordering::Relaxed;
    let calls = CALLS.fetch_add(1, Relaxed);
    struct Local(u32);
    impl Local {
        fn value(&self) -> u32 {
            self.0 * 2
        }
    }
    impl Drop for Local {
        fn drop(&mut self) {
            println!("drop local {}", self.0);
        }
    }
    let local = Local(first);
    mod inner {
        pub(super) fn deep() -> &'static str {
            let path = module_path!();
            path
        }
    }
    println!("{}", inner::deep());
    type Short = (u32, u32);
    let pair: Short = (local.value(), calls);
    pair.0 + pair.1
}

#[cfg_attr(profiled, memline::profile)]
fn annotated_inside() -> u32 {
    #[cfg_attr(profiled, memline::profile)]
    fn inner(n: u32) -> u32 {
        let _held = noisy("inner");
        if n == 0 { 0 } else { inner(n - 1) + 1 }
    }
    struct Type;
    #[cfg_attr(profiled, memline::profile)]
    impl Type {
        fn method(&self) -> u32 {
            fn innermost() -> u32 { 7 }
            innermost()
        }
    }
    inner(2) + Type.method()
}

#[cfg_attr(profiled, memline::profile)]
fn in_blocks(flag: bool) -> u32 {
    if flag {
        const LIMIT: u32 = 3;
        let mut sum = 0;
        for n in 0..LIMIT {
            static STEP: u32 = 2;
            sum += n * STEP;
        }
        return sum;
    }
    match flag {
        true => 0,
        false => {
            fn other() -> u32 {
                5
            }
            let run = || {
                fn third() -> u32 { 6 }
                other() + third()
            };
            run()
        }
    }
}

#[cfg_attr(profiled, memline::profile)]
mod module {
    use super::noisy;

    pub(crate) const NUMBER: usize = helper(2);
    pub(crate) static LAZY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let text = make();
        text + "!"
    });

    const fn helper(n: usize) -> usize {
        n * 2
    }

    fn make() -> String {
        let held = noisy("made once");
        held.0.to_owned()
    }

    pub(crate) mod nested {
        pub(crate) fn call(list: &[u8; super::NUMBER]) -> usize {
            let sum: u8 = list.iter().sum();
            usize::from(sum)
        }
    }

    std::thread_local! {
        pub(crate) static LOCAL: std::cell::Cell<u32> = const { std::cell::Cell::new(4) };
    }
}

fn main() {
    println!("{} {}", outer(1), outer(2));
    println!("{} {} {}", annotated_inside(), in_blocks(true), in_blocks(false));
    println!("{} {}", *module::LAZY, *module::LAZY);
    println!("{} {}", module::nested::call(&[1; module::NUMBER]), module::LOCAL.get());
}
