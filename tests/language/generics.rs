//! Generics: instances, constants, bounds, opaque types, higher-ranked lifetimes, recursion.

#[path = "common/mod.rs"]
mod common;
use common::*;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::ControlFlow;

#[derive(Debug)]
struct Grid<T, const W: usize, const H: usize>([[T; W]; H]);

#[cfg_attr(profiled, memline::profile)]
impl<T: Copy + Default + Debug, const W: usize, const H: usize> Grid<T, W, H> {
    const AREA: usize = W * H;

    fn fill(mut next: impl FnMut(usize, usize) -> T) -> Self {
        let mut cells = [[T::default(); W]; H];
        for (y, row) in cells.iter_mut().enumerate() {
            for (x, cell) in row.iter_mut().enumerate() {
                *cell = next(x, y);
            }
        }
        Self(cells)
    }

    fn transposed(&self) -> Grid<T, H, W> {
        Grid::fill(|x, y| {
            let Grid(cells) = self;
            cells[x][y]
        })
    }

    fn rows<'a>(&'a self) -> impl Iterator<Item = &'a [T]> + 'a {
        self.0.iter().map(|row| {
            let row: &[T] = row;
            row
        })
    }
}

#[cfg_attr(profiled, memline::profile)]
fn with_ref<F>(call: F) -> usize
where
    F: for<'a> Fn(&'a str) -> &'a str,
{
    let local = String::from("  local ");
    call(&local).len()
}

#[cfg_attr(profiled, memline::profile)]
fn fold<I, A>(items: I, start: A, mut step: impl FnMut(A, I::Item) -> ControlFlow<A, A>) -> A
where
    I: IntoIterator,
{
    let mut state = start;
    for item in items {
        state = match step(state, item) {
            ControlFlow::Continue(next) => next,
            ControlFlow::Break(last) => return last,
        };
    }
    state
}

#[cfg_attr(profiled, memline::profile)]
fn group<K: Ord + Clone, V>(pairs: Vec<(K, V)>) -> BTreeMap<K, Vec<V>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (key, value) in pairs {
        groups
            .entry(key)
            .or_default()
            .push(value);
    }
    groups
}

#[cfg_attr(profiled, memline::profile)]
fn depth<T: Debug>(value: T, levels: u8) -> String {
    if levels == 0 {
        return format!("{value:?}");
    }
    let dynamic: &dyn Debug = &value;
    depth(dynamic as &dyn Debug as *const dyn Debug as *const () as usize > 0, levels - 1)
}

#[cfg_attr(profiled, memline::profile)]
fn unsized_tail<T: ?Sized + Debug>(value: &T) -> (usize, String) {
    let size = size_of_val(value);
    (size, format!("{value:?} {}", std::any::type_name::<T>()))
}

#[cfg_attr(profiled, memline::profile)]
fn inferred() -> Vec<u64> {
    let mut list = Vec::new();
    let convert = |text: &str| {
        let parsed = text.parse();
        parsed.unwrap_or_default()
    };
    for text in ["1", "x", "3"] {
        list.push(convert(text));
    }
    let sum = list.iter().sum::<u64>();
    list.push(sum);
    list.into_iter().map(Into::into).collect()
}

fn main() {
    let grid = Grid::<u8, 3, 2>::fill(|x, y| (x + y * 10) as u8);
    println!("{grid:?} {:?} {}", grid.transposed(), Grid::<u8, 3, 2>::AREA);
    println!("{:?}", grid.rows().map(<[u8]>::len).collect::<Vec<_>>());
    println!("{}", with_ref(str::trim));
    let folded = fold(1..9, 0, |sum, n| if sum > 9 { ControlFlow::Break(sum) } else { ControlFlow::Continue(sum + n) });
    println!("{folded} {:?}", group(vec![("b", 1), ("a", 2), ("b", 3)]));
    println!("{} {:?} {:?}", depth(1, 3), unsized_tail("text"), unsized_tail::<[u16]>(&[1, 2]));
    println!("{:?}", inferred());
}
