//! When blocks began and ended, so that any span of time can be looked at afterwards.
//!
//! The time is cut into a number of spans, and what a site allocated in one of them and freed in
//! another is added up in a cell. There are no more cells than a bound: beyond it, each two spans
//! become one.

use hashbrown::HashMap;

use super::Amount;

/// Spans at first.
const SPANS: u64 = 128;

/// Cells beyond which spans are joined.
const CELLS: usize = 1 << 18;

/// The blocks of one site that began in one span and ended in another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lives {
    pub(super) site: u32,
    pub(super) born: u8,
    pub(super) ended: u8,
    /// Whether they were freed again at once.
    pub(super) temporary: bool,
    pub(super) amount: Amount,
}

/// All of a cell but its amount, in one word.
type Key = u64;

/// Cells that are remembered.
const RECENT: usize = 4096;

/// The spans of a recording, and the blocks that have ended.
#[derive(Debug)]
pub(super) struct Spans {
    start: u64,
    /// Nanoseconds of a span at first.
    width: u64,
    /// How often spans were joined.
    joined: u8,
    lives: Vec<Lives>,
    index_of: HashMap<Key, u32>,
    /// Cells that were used lately.
    recent: Box<[u32; RECENT]>,
    limit: usize,
}

impl Spans {
    /// Spans of the time from `start` to `end`.
    pub(super) fn new(start: u64, end: u64) -> Self {
        Self {
            start,
            width: (end.saturating_sub(start) / SPANS).saturating_add(1),
            joined: 0,
            lives: Vec::new(),
            index_of: HashMap::new(),
            recent: Box::new([u32::MAX; RECENT]),
            limit: CELLS,
        }
    }

    /// The span that a time is in, as a block remembers it.
    #[inline]
    pub(super) fn of(&self, time: u64) -> u8 {
        (time.saturating_sub(self.start) / self.width).min(SPANS - 1) as u8
    }

    /// Blocks that end in the span `ended`, both spans as [`of`](Self::of) tells them.
    #[inline]
    pub(super) fn end(&mut self, mut lives: Lives) {
        lives.born >>= self.joined;
        lives.ended >>= self.joined;
        match self.lives.get_mut(self.recent[recent(&lives)] as usize) {
            Some(last) if key(last) == key(&lives) => last.amount.add(lives.amount),
            _ => self.add(lives),
        }
    }

    fn add(&mut self, lives: Lives) {
        self.recent[recent(&lives)] = self.put(lives);
        if self.lives.len() > self.limit && SPANS >> self.joined > 1 {
            self.join();
        }
    }

    /// Makes one span of each two.
    fn join(&mut self) {
        self.joined += 1;
        self.index_of.clear();
        self.recent.fill(u32::MAX);
        for mut lives in std::mem::take(&mut self.lives) {
            lives.born >>= 1;
            lives.ended >>= 1;
            self.put(lives);
        }
    }

    /// Adds to a cell. Returns its index.
    fn put(&mut self, lives: Lives) -> u32 {
        let next = self.lives.len() as u32;
        let index = *self.index_of.entry(key(&lives)).or_insert(next);
        if index == next {
            self.lives.push(lives);
        } else {
            self.lives[index as usize].amount.add(lives.amount);
        }
        index
    }

    /// The blocks that have ended.
    pub(super) fn lives(&self) -> &[Lives] {
        &self.lives
    }

    /// The span of a block that has not ended, from what it remembers.
    pub(super) fn now(&self, born: u8) -> u8 {
        born >> self.joined
    }

    /// Where the first span begins, how long each is, and how many there are.
    pub(super) fn division(&self) -> Division {
        Division {
            start: self.start,
            width: self.width << self.joined,
            count: (SPANS >> self.joined) as u8,
        }
    }
}

/// Where a cell is looked for first. Blocks that end at about the same time differ in their sites and births.
#[inline]
fn recent(lives: &Lives) -> usize {
    let site = lives.site.wrapping_mul(0x9E37_79B1) >> 16;
    (site as usize + 2 * usize::from(lives.born) + usize::from(lives.temporary)) % RECENT
}

#[inline]
fn key(lives: &Lives) -> Key {
    u64::from(lives.site) << 32
        | u64::from(lives.born) << 16
        | u64::from(lives.ended) << 8
        | u64::from(lives.temporary)
}

/// How the time is divided into spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// Where the first begins, in nanoseconds since the recording began.
    pub start: u64,
    /// Nanoseconds of each.
    pub width: u64,
    /// How many there are.
    pub count: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(site: u32, born: u8, ended: u8) -> Lives {
        Lives {
            site,
            born,
            ended,
            temporary: false,
            amount: Amount {
                blocks: 1,
                bytes: 10,
            },
        }
    }

    #[test]
    fn times_have_spans_from_the_first_to_the_last() {
        let spans = Spans::new(1000, 1000 + 128 * 50 - 1);
        let check = |time, span| assert_eq!(spans.of(time), span, "{time}");
        check(0, 0);
        check(1049, 0);
        check(1050, 1);
        check(1000 + 128 * 50 - 1, 127);
        check(u64::MAX, 127);
        assert_eq!(Spans::new(5, 5).of(5), 0);
    }

    #[test]
    fn cells_stay_few_and_lose_nothing() {
        let mut spans = Spans::new(0, 1 << 20);
        spans.limit = 100;
        let mut ended = 0;
        for born in 0..128u8 {
            for until in born..128 {
                spans.end(one(u32::from(born % 3), born, until));
                ended += 1;
            }
        }
        assert!(spans.lives().len() <= 101, "{}", spans.lives().len());
        let blocks: u64 = spans.lives().iter().map(|lives| lives.amount.blocks).sum();
        assert_eq!(blocks, ended);
        let division = spans.division();
        assert_eq!(division.width * u64::from(division.count), 8193 * 128);
        assert!(
            spans
                .lives()
                .iter()
                .all(|lives| lives.ended < division.count)
        );
    }
}
