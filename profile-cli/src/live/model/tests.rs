//! What is made of what a program told.

use super::sample::{learn, model, told};
use super::*;

fn figures(model: &Model) -> Vec<(&str, i64, i64, u64)> {
    let mut figures: Vec<_> = model
        .groups()
        .iter()
        .map(|g| (&*g.label, g.total.bytes, g.own.bytes, g.own.allocs))
        .collect();
    figures.sort_unstable();
    figures
}

#[test]
fn callers_hold_what_they_called_holds() {
    let mut model = model(&told());
    let (four, page) = (4 << 20, 4096);
    let expected = [
        ("0x100", four + page, 0, 0),
        ("0x1000", four, four, 12),
        ("0x2000", page, page, 5000),
    ];
    assert_eq!(figures(&model), expected);
    model.look_at(By::Line, Some(2));
    let one = 1 << 20;
    let expected = [
        ("0x100", one + page, 0, 0),
        ("0x1000", one, one, 2),
        ("0x2000", page, page, 5000),
    ];
    assert_eq!(figures(&model), expected);
    assert_eq!(model.threads(), [1, 2]);
    assert_eq!(model.thread_name(2), "worker (thread 2)");
    assert_eq!(model.all().bytes, one + page);
}

#[test]
fn growth_counts_from_the_mark() {
    let mut model = model(&told());
    model.mark();
    assert!(model.groups().iter().all(|group| group.total.grown() == 0));
    let mut more = Vec::new();
    let row = Row {
        thread: 1,
        stack: 2,
        bytes: -100,
        blocks: -1,
        allocs: 0,
    };
    live_rows(&[row], &mut more);
    learn(&mut model, &more);
    let grown: Vec<i64> = model.groups().iter().map(|g| g.own.grown()).collect();
    assert_eq!(grown.iter().sum::<i64>(), -100);
    let stacks = model.stacks_of(0, 5);
    assert_eq!(stacks[0].1, ["0x100", "0x1000"]);
    assert_eq!(stacks[0].0.bytes, (4 << 20) - 100);
}

fn live_rows(rows: &[Row], out: &mut Vec<u8>) {
    profile_trace::live::push_rows(rows, out);
}
