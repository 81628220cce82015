//! Each line is open while it runs, and counted as often as it ran: `//= n` says how often.
#![deny(warnings)]
#![forbid(unsafe_code)]

#[path = "../support/fake.rs"]
#[allow(dead_code)]
mod fake;

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use memline::profile;

/// Checks the line on which it dies.
struct Dies(u32);

impl Drop for Dies {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(fake::open(), self.0, "line open (left) where a value died, expected (right)");
        }
    }
}

/// A value that dies so many lines below the line it was made on.
macro_rules! dies {
    ($lines:expr) => {
        Dies(line!() + $lines)
    };
}

/// The open line, as seen from an argument's place.
fn given<T>(line: u32, value: T) -> T {
    assert_eq!(fake::open(), line);
    value
}

/// Runs `f`, which calls the function whose table begins at line `first`.
fn check<T>(first: u32, f: impl FnOnce() -> T) -> T {
    let (value, counts) = fake::counted(f);
    let source = include_str!("lines.rs").lines().enumerate().skip(first as usize - 1);
    for (at, text) in source {
        let expected = text.split_once("//= ").map_or(0, |(_, n)| n.parse().unwrap());
        let counted = counts.get(&(at as u32 + 1)).copied().unwrap_or(0);
        assert_eq!(counted, expected, "line {}: {text}", at + 1);
        if text == "}" || text.starts_with("} //=") {
            break;
        }
    }
    value
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

/// Is pending once.
async fn pause() {
    let mut polled = false;
    let poll = |_: &mut Context<'_>| match std::mem::replace(&mut polled, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    };
    std::future::poll_fn(poll).await
}

const STRAIGHT: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
fn straight(x: u32) -> u32 {
    here!(); //= 1
    let _d = dies!(7); //= 1
    let a = given(line!(), { here!(); x }); here!(); //= 1
    let b = //= 1
        given(line!() - 1, a + 1);
    let _e = dies!(3); //= 1

    { here!(); b + a } //= 1
} //= 1

const BRANCHES: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 4
fn branches(x: u32) -> u32 {
    let v = given(line!(), if x == 0 { //= 4
        here!(); //= 1
        1 //= 1
    } else if { here!(); x == 1 } { //= 3
        let _d = dies!(3); //= 1
        here!(); //= 1
        2 //= 1
    } else if let Some(y) = Some(x).filter(|x| *x == 2) { //= 3
        here!(); //= 1
        y //= 1
    } else { here!(); 4 }); //= 1
    match (v, dies!(0)) { //= 4
        (1, _) => {
            let _d = dies!(2); //= 1
            here!(); //= 1
        } //= 1
        (2, _) =>
            here!(), //= 2
        (3, _) => here!(),
        _ => given(line!(), ()), //= 1
    }
    if v == 1 { //= 4
        here!(); //= 1
    }
    here!(); //= 4
    v //= 4
} //= 4

const LOOPS: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
fn loops(n: u32) -> u32 {
    let mut k = 0; //= 1
    for i in given(line!(), 0..n) { //= 4
        let _d = dies!(if i == 1 { 2 } else if i == 3 { 3 } else { 5 }); //= 4
        here!(); //= 4
        if i == 1 { here!(); continue; } //= 4
        if i == 3 { break; } //= 3
        k += 1; //= 2
    } //= 2
    here!(); //= 1
    for _ in 0..n { here!(); k += 1; } //= 6
    while { here!(); k > 0 } { //= 8
        k -= 1; //= 7
    }
    'outer: for i in 0..3 { //= 4
        for j in 0..3 { //= 9
            if j > i { continue 'outer } //= 8
            here!(); //= 6
        }
    }
    let found = loop { //= 3
        here!(); //= 3
        k += 1; //= 3
        match k { //= 3
            1 => continue, //= 1
            2 => (), //= 1
            _ => break k, //= 1
        }
    };
    here!(); found //= 1
} //= 1

const TAILS: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
fn tails(v: &RefCell<Vec<usize>>) -> Option<usize> {
    for i in 0..9 { //= 4
        let j = i; //= 4
        let r = v; //= 4
        match r.borrow().get(j) { //= 4
            Some(7) => continue, //= 1
            Some(9) => break, //= 1
            Some(x) if *x == j => { here!() } //= 1
            _ => {
                here!(); //= 1
            }
        }
    } //= 4
    'outer: for i in 0..4 { //= 3
        loop { //= 3
            let r = v; //= 3
            if let Some(7) = r.borrow().get((i + 2) % 3).copied().as_ref() { break 'outer } else if i < 9 { break } //= 3
        } //= 3
        v.borrow_mut().push(0) //= 2
    }
    while v.borrow().len() > 1 { //= 5
        let last = v.borrow_mut().pop(); //= 5
        if last == Some(7) { return last } //= 5
    } //= 4
    None
}

const CLOSURES: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
fn closures(v: &[u32]) -> u32 {
    let n: u32 = v //= 1
        .iter()
        .map(|x| {
            let _d = dies!(7); //= 3
            here!(); //= 3
            let y = if *x > 2 { //= 3
                here!(); //= 1
                0 //= 1
            } else { *x }; //= 2
            y //= 3
        }) //= 3
        .map(|x| match x { //= 3
            0 => 10, //= 1
            _ => {
                here!(); //= 2
                x //= 2
            }
        })
        .filter(
            |x|
                *x > 0, //= 3
        )
        .sum();
    here!(); //= 1
    let one = |x: u32| x + 1; //= 1
    let block = |x: u32| { here!(); one(x) }; //= 2
    let nested = |x: u32| [x].map(|x| { //= 1
        here!(); //= 1
        block(x) //= 1
    });
    here!(); nested(n)[0] //= 1
} //= 1

const FUTURE: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
async fn future(n: u32, (_a, _): (Dies, u32)) -> Result<u32, String> {
    here!(); //= 1
    pause().await; //= 1
    here!(); //= 1
    for i in 0..n { //= 4
        pause().await; //= 3
        if i == 1 { continue; } //= 3
        let _d = dies!(2); //= 2
        here!(); pause().await; here!(); //= 2
    } //= 2
    let block = async { //= 1
        here!(); //= 1
        pause().await; //= 1
        here!(); //= 1
        3 //= 1
    };
    let v = block.await; here!(); //= 1
    Ok(v) //= 1
} //= 1

struct Pair(Dies, u32);

const METHOD: u32 = line!() + 2;
#[profile(crate = crate::fake)]
impl Pair { fn get(&self) -> u32 { //= 1
    here!(); //= 1
    let x = self.constant(); //= 1
    x + self.1 //= 1
} //= 1

    const fn constant(&self) -> u32 {
        self.1
    }
}

const LET_ELSE: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 4
fn let_else(x: Option<u32>) -> Result<u32, ()> {
    let Some(y) = x else { //= 4
        here!(); //= 1
        return Err(()); //= 1
    }; here!(); //= 3
    let z: u32 = given(line!(), 'found: { //= 3
        if y > 1 { //= 3
            break 'found 1; //= 1
        }
        Some(y).filter(|y| *y > 0).ok_or(())? //= 2
    });
    here!(); //= 2
    Ok(z) //= 2
} //= 2

const REST: u32 = line!() + 1;
#[profile(crate = crate::fake)] //= 1
fn rest() -> u32 {
    let mut all = Vec::new(); //= 1
    #[cfg(any())]
    no_such_function();
    #[cfg(all())]
    all.push(given(line!(), 1)); //= 1
    fn nested() -> u32 {
        let x = 1;
        x
    }
    println!( //= 1
        "{}", nested(),
    );
    let pair = (1, { //= 1
        all.push(2); //= 1
        given(line!(), 3) //= 1
    }, given(line!() - 3, 4));
    all.push(given(line!(), pair.0)); //= 1
    std::thread::scope(|scope| { //= 1
        scope.spawn(|| all.push(1)); //= 1
        let _never_called = || { //= 1
            here!();
        };
    }); //= 1
    return if all.is_empty() { //= 1
        0
    } else {
        here!(); //= 1
        all.len() as u32 //= 1
    };
}

const GENERATED: u32 = line!() + 2;
macro_rules! generated { ($name:ident, $body:block) => {
    #[profile(crate = crate::fake)] //= 1
    fn $name() -> u32 $body
} }

generated!(generated, {
    let a = 1; //= 1
    here!(); //= 1
    a + 1 //= 1
}); //= 1

fn main() {
    check(STRAIGHT, || straight(1));
    check(BRANCHES, || (0..4).map(branches).sum::<u32>());
    check(LOOPS, || loops(5));
    check(TAILS, || tails(&RefCell::new(vec![0, 7, 5, 9])));
    check(CLOSURES, || closures(&[1, 2, 3]));
    // An argument outlives all lines of the function.
    check(FUTURE, || block_on(future(3, (Dies(u32::MAX), 1)))).unwrap();
    let pair = Pair(Dies(0), 2);
    assert_eq!(check(METHOD, || pair.get()), 4);
    drop(pair.0);
    let found = check(LET_ELSE, || [None, Some(0), Some(1), Some(2)].map(let_else));
    assert_eq!(found, [Err(()), Err(()), Ok(1), Ok(1)]);
    check(REST, rest);
    check(GENERATED, generated);
}
