//! Every kind of function, and what the attribute may stand on.

#![expect(clippy::boxed_local, reason = "every kind of `self` is tried")]

use expect_test::expect;
use memline::profile;

use crate::{bytes, check};

#[profile]
fn factorial(n: usize) -> usize {
    let kept = bytes(n);
    if n == 0 {
        return 1;
    }
    let below = factorial(n - 1);
    drop(kept);
    n * below
}

#[test]
fn recursion_shares_one_table() {
    assert_eq!(factorial(4), 24);
    check(
        "items::factorial",
        expect![[r#"
            0  #[profile] | 5, 0
            2  let kept = bytes(n); | 5, 10
            3  if n == 0 { | 5, 0
            4  return 1; | 1, 0
            6  let below = factorial(n - 1); | 4, 0
            7  drop(kept); | 4, -10
            8  n * below | 4, 0
            9  } | 4, 0
        "#]],
    );
}

#[profile]
fn deep(n: u32) -> Box<u64> {
    if n > 0 { deep(n - 1) } else { Box::new(7) }
}

#[test]
fn recursion_may_be_deep() {
    let value = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(|| deep(50_000))
        .expect("a thread starts");
    assert_eq!(*value.join().expect("it returns"), 7);
    check(
        "items::deep",
        expect![[r#"
            0  #[profile] | 50001, 0
            2  if n > 0 { deep(n - 1) } else { Box::new(7) } | 50001, 8
        "#]],
    );
}

#[profile]
fn filled<T: Clone, const N: usize>(value: T) -> Vec<T> {
    vec![value; N]
}

#[test]
fn generic_instances_share_one_table() {
    drop((
        filled::<u8, 10>(1),
        filled::<u64, 10>(1),
        filled::<u64, 1>(1),
    ));
    check(
        "items::filled",
        expect![[r#"
            0  #[profile] | 3, 0
            2  vec![value; N] | 3, 98
        "#]],
    );
}

struct Shelf {
    books: Vec<Vec<u8>>,
}

#[profile]
impl Shelf {
    const EMPTY: usize = 0;

    fn new() -> Self {
        Self {
            books: Vec::with_capacity(4),
        }
    }

    fn put(&mut self, size: usize) -> &mut Self {
        self.books.push(bytes(size));
        self
    }

    fn into_last(mut self: Box<Self>) -> Option<Vec<u8>> {
        self.books.pop()
    }

    const fn is_nothing(size: usize) -> bool {
        size == Self::EMPTY
    }
}

#[test]
fn methods_of_an_impl() {
    let mut shelf = Box::new(Shelf::new());
    shelf.put(11).put(22);
    assert!(Shelf::is_nothing(0));
    drop(shelf.into_last());
    check(
        "Shelf::new",
        expect![[r#"
            0  fn new() -> Self { | 1, 0
            1  Self { | 1, 96
        "#]],
    );
    check(
        "Shelf::put",
        expect![[r#"
            0  fn put(&mut self, size: usize) -> &mut Self { | 2, 0
            1  self.books.push(bytes(size)); | 2, 33
            2  self | 2, 0
        "#]],
    );
    check(
        "Shelf::into_last",
        expect![[r#"
            0  fn into_last(mut self: Box<Self>) -> Option<Vec<u8>> { | 1, 0
            1  self.books.pop() | 1, 0
        "#]],
    );
}

trait Store {
    fn store(&self) -> Vec<u8>;
}

impl Store for u8 {
    #[profile]
    fn store(&self) -> Vec<u8> {
        bytes(usize::from(*self))
    }
}

impl Store for u16 {
    #[profile(name = "store of two bytes")]
    fn store(&self) -> Vec<u8> {
        bytes(usize::from(*self))
    }
}

#[profile]
trait Twice {
    fn once(&self) -> Vec<u8>;

    fn twice(&self) -> [Vec<u8>; 2] {
        let first = self.once();
        [first, self.once()]
    }
}

impl Twice for u32 {
    fn once(&self) -> Vec<u8> {
        bytes(5)
    }
}

#[test]
fn methods_of_traits() {
    drop((200u8.store(), 300u16.store(), 1u32.twice()));
    check(
        "<u8 as figures::items::Store>::store",
        expect![[r#"
            0  #[profile] | 1, 0
            2  bytes(usize::from(*self)) | 1, 200
        "#]],
    );
    check(
        "store of two bytes",
        expect![[r#"
            0  #[profile(name = "store of two bytes")] | 1, 0
            2  bytes(usize::from(*self)) | 1, 300
        "#]],
    );
    check(
        "Twice::twice",
        expect![[r#"
            0  fn twice(&self) -> [Vec<u8>; 2] { | 1, 0
            1  let first = self.once(); | 1, 5
            2  [first, self.once()] | 1, 5
            3  } | 1, 0
        "#]],
    );
}

#[profile]
mod inner {
    use crate::bytes;

    pub(super) fn one() -> Vec<u8> {
        bytes(1)
    }

    pub(super) mod deeper {
        pub(in super::super) extern "C" fn two() -> usize {
            let two = super::bytes(2);
            two.capacity()
        }
    }
}

#[test]
fn functions_of_a_module() {
    assert_eq!(inner::one().capacity() + inner::deeper::two(), 3);
    check(
        "inner::one",
        expect![[r#"
            0  pub(super) fn one() -> Vec<u8> { | 1, 0
            1  bytes(1) | 1, 1
        "#]],
    );
    check(
        "deeper::two",
        expect![[r#"
            0  pub(in super::super) extern "C" fn two() -> usize { | 1, 0
            1  let two = super::bytes(2); | 1, 2
            2  two.capacity() | 1, 0
            3  } | 1, -2
        "#]],
    );
}

#[profile]
fn lazily(sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = Vec<u8>> {
    sizes.map(|size| {
        let twice = size * 2;
        bytes(twice)
    })
}

#[test]
fn iterators_that_run_after_the_call() {
    let mut sizes = lazily([3, 4].into_iter());
    let both = (sizes.next(), sizes.next());
    drop(both);
    check(
        "items::lazily",
        expect![[r#"
            0  #[profile] | 1, 0
            2  sizes.map(|size| { | 1, 0
            3  let twice = size * 2; | 2, 0
            4  bytes(twice) | 2, 14
            5  }) | 2, 0
        "#]],
    );
}

#[profile]
fn owns(argument: Vec<u8>, mut other: Vec<u8>) -> usize {
    drop(std::mem::replace(&mut other, bytes(50)));
    let sum = argument.capacity() + other.capacity();
    sum
}

#[profile]
fn calls_owns() -> usize {
    let given = bytes(100);
    owns(given, bytes(10))
}

#[test]
fn arguments_die_in_their_callers_line() {
    assert_eq!(calls_owns(), 150);
    check(
        "items::owns",
        expect![[r#"
            0  #[profile] | 1, 0
            2  drop(std::mem::replace(&mut other, bytes(50))); | 1, 40
            3  let sum = argument.capacity() + other.capacity(); | 1, 0
            4  sum | 1, 0
            5  } | 1, 0
        "#]],
    );
    check(
        "items::calls_owns",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let given = bytes(100); | 1, 100
            3  owns(given, bytes(10)) | 1, -100
            4  } | 1, 0
        "#]],
    );
}
