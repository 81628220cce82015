//! `assert_peak!`, `assert_allocs!` and `assert_no_leaks!`.

use expect_test::expect;
use memline::{assert_allocs, assert_no_leaks, assert_peak};

use crate::{bytes, message, pause};

#[test]
fn what_is_allowed_passes_with_the_blocks_value() {
    let value = assert_peak!(1000, {
        drop(bytes(1000));
        drop(bytes(999));
        7
    });
    assert_eq!(value, 7);
    let kept = assert_allocs!(2, vec![bytes(10)]);
    assert_eq!(kept[0].capacity(), 10);
    assert_no_leaks!({
        drop(bytes(100));
    });
    assert_eq!(assert_peak!("1 KiB", bytes(1024).capacity()), 1024);
    assert_allocs!(0, ());
}

#[test]
fn one_byte_more_is_too_much() {
    expect![[r#"
        memline: assert_peak! took more than it may:
          peak: expected at most 1.0 KiB (1,024 B), found 1.0 KiB (1,025 B)
        which lines allocated is not known: no function with #[memline::profile] did, or MEMLINE is off"#]]
    .assert_eq(&message(|| assert_peak!("1 KiB", drop(bytes(1025)))));
    expect![[r#"
        memline: assert_no_leaks! took more than it may:
          leaks: expected at most 0 B, found 1 B
        which lines allocated is not known: no function with #[memline::profile] did, or MEMLINE is off"#]]
    .assert_eq(&message(|| assert_no_leaks!(bytes(1))));
}

#[test]
fn reallocations_are_allocations() {
    let grow = || {
        let mut buffer = bytes(1);
        buffer.reserve_exact(100);
        buffer.reserve_exact(200);
    };
    assert_allocs!(3, grow());
    let text = message(|| assert_allocs!(2, grow()));
    assert!(
        text.contains("allocs: expected at most 2, found 3\n"),
        "{text}"
    );
}

#[memline::profile]
fn build() -> Vec<Vec<u8>> {
    let mut all = Vec::with_capacity(4);
    all.push(bytes(10));
    all.push(bytes(3000)); // the largest
    drop(bytes(2000));
    all
}

#[test]
fn the_lines_that_did_most_come_first() {
    drop(build()); // what was done before is not told
    let check = |text: String, expected: expect_test::Expect| {
        // This file's name is left out, which tells systems apart.
        expected.assert_eq(&text.replace(file!(), "FILE"));
    };
    check(
        message(|| assert_peak!(100, drop(build()))),
        expect![[r#"
            memline: assert_peak! took more than it may:
              peak: expected at most 100 B, found 5.0 KiB (5,106 B)
            lines that allocated most, what they called included:
              FILE:58: 2.9 KiB in 1 allocation, 2.9 KiB kept: all.push(bytes(3000)); // the largest
              FILE:59: 2.0 KiB in 1 allocation, 0 B kept: drop(bytes(2000));
              FILE:56: 96 B in 1 allocation, 96 B kept: let mut all = Vec::with_capacity(4);
              and 1 further line"#]],
    );
    check(
        message(|| assert_no_leaks!(build())),
        expect![[r#"
            memline: assert_no_leaks! took more than it may:
              leaks: expected at most 0 B, found 3.0 KiB (3,106 B)
            lines that kept most, what they called included:
              FILE:58: 2.9 KiB in 1 allocation, 2.9 KiB kept: all.push(bytes(3000)); // the largest
              FILE:56: 96 B in 1 allocation, 96 B kept: let mut all = Vec::with_capacity(4);
              FILE:57: 10 B in 1 allocation, 10 B kept: all.push(bytes(10));"#]],
    );
}

#[test]
fn a_block_that_is_left_early_is_not_checked() {
    fn early() -> Result<(), std::num::ParseIntError> {
        assert_no_leaks!({
            std::mem::forget(bytes(10));
            "x".parse::<u8>()?;
        });
        unreachable!("it is left");
    }
    assert!(early().is_err());
    for _ in 0..1 {
        assert_allocs!(0, {
            drop(bytes(1));
            continue;
        });
    }
}

#[test]
fn they_nest_and_each_counts_for_itself() {
    assert_peak!(300, {
        let outer = bytes(200);
        assert_peak!(100, drop(bytes(100)));
        assert_no_leaks!(drop(bytes(50)));
        drop(outer);
        assert_allocs!(1, drop(bytes(300)));
    });
    // What a check needs for itself counts for nobody.
    let measured = memline::measure(|| assert_peak!(1, ()));
    assert_eq!(
        (
            measured.stats.allocations,
            measured.stats.deallocations,
            measured.peak
        ),
        (0, 0, 0)
    );
}

#[test]
fn a_size_that_is_none_is_told() {
    let text = message(|| assert_peak!("1 TiB", ()));
    assert_eq!(
        text,
        "memline: assert_peak!: expected a size such as \"1 MiB\", \"512 KiB\" or \"0 B\", found \"1 TiB\""
    );
}

#[test]
fn blocks_may_await() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let value = runtime.expect("it starts").block_on(async {
        assert_peak!(64, {
            let kept = bytes(64);
            pause().await;
            kept.capacity()
        })
    });
    assert_eq!(value, 64);
}
