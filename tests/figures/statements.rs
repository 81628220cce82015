//! Every kind of statement.

#![expect(
    clippy::needless_late_init,
    reason = "a `let` without a value is a statement, too"
)]

use expect_test::expect;
use memline::profile;

use crate::{bytes, check, check_with, operations};

#[profile]
fn lets(kept: &mut Vec<Vec<u8>>) -> Option<usize> {
    let first = bytes(100);
    let (second, third) = (bytes(20), bytes(3));
    let Some(fourth) = Some(bytes(7)) else {
        return None;
    };
    let fifth;
    fifth = bytes(1000);
    kept.push(second);
    drop(first);
    assert!(third.is_empty() && fifth.is_empty());
    Some(fourth.len())
}

#[test]
fn lets_and_expressions() {
    let mut kept = Vec::with_capacity(1);
    lets(&mut kept);
    check(
        "statements::lets",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let first = bytes(100); | 1, 100
            3  let (second, third) = (bytes(20), bytes(3)); | 1, 23
            4  let Some(fourth) = Some(bytes(7)) else { | 1, 7
            7  let fifth; | 1, 0
            8  fifth = bytes(1000); | 1, 1000
            9  kept.push(second); | 1, 0
            10 drop(first); | 1, -100
            11 assert!(third.is_empty() && fifth.is_empty()); | 1, 0
            12 Some(fourth.len()) | 1, 0
            13 } | 1, -1010
        "#]],
    );
}

#[profile]
#[expect(unsafe_code)]
fn branches(n: u32) -> Vec<u8> {
    let mut all = Vec::new();
    if n == 0 {
        all.push(bytes(10));
    } else if n == 1 {
        all.push(bytes(11));
    } else {
        all.push(bytes(12));
    }
    match n {
        0 => all.push(bytes(20)),
        1 if all.len() == 1 => {
            let extra = bytes(21);
            all.push(extra);
        }
        _ => {}
    }
    if let Some(last) = all.pop()
        && n < 2
    {
        return last;
    }
    // SAFETY: nothing is dropped twice: a leaked element is not.
    unsafe {
        all.set_len(0);
    }
    {
        let scoped = bytes(40);
        drop(scoped);
    }
    bytes(50)
}

#[test]
fn branches_and_blocks() {
    drop([branches(0), branches(1), branches(2)]);
    check(
        "statements::branches",
        expect![[r#"
            0  #[profile] | 3, 0
            3  let mut all = Vec::new(); | 3, 0
            4  if n == 0 { | 3, 0
            5  all.push(bytes(10)); | 1, 106
            6  } else if n == 1 { | 2, 0
            7  all.push(bytes(11)); | 1, 107
            9  all.push(bytes(12)); | 1, 108
            11 match n { | 3, 0
            12 0 => all.push(bytes(20)), | 1, 20
            14 let extra = bytes(21); | 1, 21
            15 all.push(extra); | 1, 0
            16 } | 1, 0
            19 if let Some(last) = all.pop() | 3, -225
            22 return last; | 2, 0
            25 unsafe { | 1, 0
            26 all.set_len(0); | 1, 0
            28 { | 1, 0
            29 let scoped = bytes(40); | 1, 40
            30 drop(scoped); | 1, -40
            31 } | 1, 0
            32 bytes(50) | 1, 50
            33 } | 1, -96
        "#]],
    );
}

#[profile]
fn loops(n: usize) -> usize {
    let mut kept = Vec::with_capacity(64);
    for size in 0..n {
        kept.push(bytes(size + 1));
    }
    let mut left = n;
    while left > 0 {
        left -= 1;
        let temporary = bytes(8);
        if temporary.len() > left {
            continue;
        }
    }
    while let Some(last) = kept.pop() {
        if last.capacity() == 1 {
            break;
        }
    }
    let found = loop {
        left += 1;
        if left == 5 {
            break bytes(left);
        }
    };
    'outer: for row in 0.. {
        for column in 0..2 {
            if row == column {
                continue 'outer;
            }
            if row == 2 {
                break 'outer;
            }
        }
    }
    found.capacity()
}

#[test]
fn loops_count_their_tests() {
    assert_eq!(loops(3), 5);
    check(
        "statements::loops",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let mut kept = Vec::with_capacity(64); | 1, 1536
            3  for size in 0..n { | 4, 0
            4  kept.push(bytes(size + 1)); | 3, 6
            6  let mut left = n; | 1, 0
            7  while left > 0 { | 4, 0
            8  left -= 1; | 3, 0
            9  let temporary = bytes(8); | 3, 24
            10 if temporary.len() > left { | 3, 0
            13 } | 3, -24
            14 while let Some(last) = kept.pop() { | 3, -6
            15 if last.capacity() == 1 { | 3, 0
            16 break; | 1, 0
            19 let found = loop { | 5, 0
            20 left += 1; | 5, 0
            21 if left == 5 { | 5, 0
            22 break bytes(left); | 1, 5
            25 'outer: for row in 0.. { | 3, 0
            26 for column in 0..2 { | 4, 0
            27 if row == column { | 4, 0
            28 continue 'outer; | 2, 0
            30 if row == 2 { | 2, 0
            31 break 'outer; | 1, 0
            35 found.capacity() | 1, 0
            36 } | 1, -1541
        "#]],
    );
}

#[profile]
fn question(fail: bool) -> Result<Vec<u8>, String> {
    let kept = bytes(9);
    if fail {
        Err(String::from("no!"))?;
    }
    Ok(kept)
}

#[test]
fn question_marks() {
    question(false).expect("it does not fail");
    question(true).expect_err("it fails");
    check(
        "statements::question",
        expect![[r#"
            0  #[profile] | 2, 0
            2  let kept = bytes(9); | 2, 18
            3  if fail { | 2, 0
            4  Err(String::from("no!"))?; | 1, -6
            6  Ok(kept) | 1, 0
            7  } | 1, 0
        "#]],
    );
}

#[profile]
fn buffer() -> usize {
    let mut buffer = Vec::with_capacity(8);
    buffer.extend([0u8; 100]);
    buffer.truncate(10);
    buffer.shrink_to_fit();
    drop([vec![0u8; 64], vec![1u8; 32]]);
    buffer.len()
}

#[test]
fn operations_and_peaks() {
    assert_eq!(buffer(), 10);
    check_with(
        "statements::buffer",
        operations,
        expect![[r#"
            0  #[profile] | 1 + 0 - 0 ~ 0, peak 0
            2  let mut buffer = Vec::with_capacity(8); | 1 + 1 - 0 ~ 0, peak 8
            3  buffer.extend([0u8; 100]); | 1 + 0 - 0 ~ 1, peak 92
            4  buffer.truncate(10); | 1 + 0 - 0 ~ 0, peak 0
            5  buffer.shrink_to_fit(); | 1 + 0 - 0 ~ 1, peak 0
            6  drop([vec![0u8; 64], vec![1u8; 32]]); | 1 + 2 - 2 ~ 0, peak 96
            7  buffer.len() | 1 + 0 - 0 ~ 0, peak 0
            8  } | 1 + 0 - 1 ~ 0, peak 0
        "#]],
    );
}

macro_rules! keep {
    ($to:expr, $size:expr) => {
        $to.push(bytes($size))
    };
}

#[profile]
fn macros(kept: &mut Vec<Vec<u8>>) -> String {
    keep!(kept, 30);
    assert!(kept.len() == 1);
    keep! { kept, 31 }
    format!("{:5}", 1)
}

#[test]
fn macros_in_statement_position() {
    let mut kept = Vec::with_capacity(2);
    assert_eq!(macros(&mut kept), "    1");
    check(
        "statements::macros",
        expect![[r#"
            0  #[profile] | 1, 0
            2  keep!(kept, 30); | 1, 30
            3  assert!(kept.len() == 1); | 1, 0
            4  keep! { kept, 31 } | 1, 31
            5  format!("{:5}", 1) | 1, 8
        "#]],
    );
}

#[profile]
fn closures(sizes: &[usize]) -> Vec<Vec<u8>> {
    let twice = |size: usize| {
        let temporary = bytes(7);
        bytes(size * 2 + temporary.len())
    };
    let mut all = Vec::with_capacity(8);
    all.extend(sizes.iter().map(|&size| twice(size)));
    all.extend(sizes.iter().map(|&size| bytes(size)));
    all
}

#[test]
fn closures_have_rows_of_their_own() {
    assert_eq!(closures(&[1, 10]).len(), 4);
    check(
        "statements::closures",
        expect![[r#"
            0  #[profile] | 1, 0
            2  let twice = |size: usize| { | 1, 0
            3  let temporary = bytes(7); | 2, 14
            4  bytes(size * 2 + temporary.len()) | 2, 22
            5  }; | 2, -14
            6  let mut all = Vec::with_capacity(8); | 1, 192
            7  all.extend(sizes.iter().map(|&size| twice(size))); | 1, 0
            8  all.extend(sizes.iter().map(|&size| bytes(size))); | 1, 11
            9  all | 1, 0
            10 } | 1, 0
        "#]],
    );
}

#[profile]
fn nested() -> usize {
    fn inside() -> Vec<u8> {
        bytes(77)
    }
    const SIZE: usize = 5;
    let inner = inside();
    let value = {
        let a = bytes(SIZE);
        a.capacity()
    } + bytes(6).capacity();
    inner.capacity() + value
}

#[test]
fn items_in_a_body_have_no_rows() {
    assert_eq!(nested(), 88);
    check(
        "statements::nested",
        expect![[r#"
            0  #[profile] | 1, 0
            6  let inner = inside(); | 1, 77
            7  let value = { | 1, 0
            8  let a = bytes(SIZE); | 1, 5
            9  a.capacity() | 1, 0
            10 } + bytes(6).capacity(); | 1, -5
            11 inner.capacity() + value | 1, 0
            12 } | 1, -77
        "#]],
    );
}
