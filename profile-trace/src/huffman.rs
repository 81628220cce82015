//! A column of bytes in as few bits as their frequencies allow.
//!
//! A column begins with a varint, how many bytes it has. Where it has any, a byte says how they
//! follow: 0, as they are; 1, coded. Then come the highest byte `h` that occurs and the lengths of
//! the codes of 0 to `h`, four bits each, the lower half of a byte first, 0 for what does not
//! occur; then the codes, from the lowest bit of each byte up. Codes are canonical: the shorter
//! are the smaller, and of one length they are in the order of what they stand for; their highest
//! bit comes first. Where all lengths are 0 each byte is `h`, and no codes follow.

use crate::varint::Writer;

/// The longest code, in bits.
const LONGEST: usize = 12;

const STORED: u8 = 0;
const CODED: u8 = 1;

/// A length for each byte; 0 for what has no code.
type Lengths = [u8; 256];

/// Writes a column.
pub(crate) fn encode(column: &[u8], out: &mut Writer<'_>) {
    out.varint(column.len() as u64);
    if column.is_empty() {
        return;
    }
    let counts = count(column);
    let highest = counts.iter().rposition(|&count| count > 0).unwrap_or(0);
    let lengths = lengths(&counts);
    let bits: u64 = counts
        .iter()
        .zip(lengths)
        .map(|(&count, length)| u64::from(count) * u64::from(length))
        .sum();
    if (bits.div_ceil(8) as usize) + highest / 2 + 2 >= column.len() {
        out.byte(STORED);
        out.bytes(column);
        return;
    }
    out.byte(CODED);
    out.byte(highest as u8);
    for pair in lengths[..=highest].chunks(2) {
        out.byte(pair[0] | pair.get(1).map_or(0, |length| length << 4));
    }
    if bits > 0 {
        write_codes(column, &codes(&lengths), &lengths, out);
    }
}

/// PERF: four codes and what is left of a byte fit into a word, so that no branch depends on their lengths.
fn write_codes(column: &[u8], codes: &[u16; 256], lengths: &Lengths, out: &mut Writer<'_>) {
    const { assert!(4 * LONGEST + 7 < u64::BITS as usize) };
    let mut table = [0u32; 256];
    for ((entry, &code), &length) in table.iter_mut().zip(codes).zip(lengths) {
        *entry = u32::from(code) << 8 | u32::from(length);
    }
    let (mut waiting, mut count) = (0u64, 0u32);
    for four in column.chunks(4) {
        for &byte in four {
            let entry = table[usize::from(byte)];
            waiting |= u64::from(entry >> 8) << count;
            count += entry & 0xFF;
        }
        out.word(waiting, count as usize / 8);
        waiting >>= count & !7;
        count &= 7;
    }
    out.word(waiting, count.div_ceil(8) as usize);
}

/// How often each byte occurs.
fn count(column: &[u8]) -> [u32; 256] {
    // PERF: bytes that repeat would wait for each other's sum in one table.
    let mut tables = [[0u32; 256]; 4];
    let mut fours = column.chunks_exact(4);
    for four in &mut fours {
        for (table, &byte) in tables.iter_mut().zip(four) {
            table[usize::from(byte)] += 1;
        }
    }
    for &byte in fours.remainder() {
        tables[0][usize::from(byte)] += 1;
    }
    let mut counts = [0; 256];
    for table in &tables {
        for (sum, count) in counts.iter_mut().zip(table) {
            *sum += count;
        }
    }
    counts
}

/// The best lengths for these counts, or nearly so where the best would be too long.
fn lengths(counts: &[u32; 256]) -> Lengths {
    let mut counts = *counts;
    loop {
        let lengths = best_lengths(&counts);
        if lengths.iter().all(|&length| usize::from(length) <= LONGEST) {
            return lengths;
        }
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = *count / 2 + 1;
        }
    }
}

/// Huffman's lengths.
fn best_lengths(counts: &[u32; 256]) -> Lengths {
    let mut lengths = [0; 256];
    let mut leaves = [(0u32, 0u8); 256];
    let mut used = 0;
    for (&count, byte) in counts.iter().zip(0..=255) {
        if count > 0 {
            leaves[used] = (count, byte);
            used += 1;
        }
    }
    let leaves = &mut leaves[..used];
    if used < 2 {
        return lengths; // it needs no codes
    }
    leaves.sort_unstable();
    // Nodes are made in the order of their counts, so that the two smallest are always in front,
    // of the leaves or of the nodes. Parents of leaves and of nodes, by their place.
    let mut parent_of_leaf = [0u8; 256];
    let mut parent_of_node = [0u8; 256];
    let mut sums = [0u32; 256];
    let (mut leaf, mut node) = (0, 0);
    for made in 0..used - 1 {
        for _ in 0..2 {
            if node == made || (leaf < used && leaves[leaf].0 <= sums[node]) {
                sums[made] += leaves[leaf].0;
                parent_of_leaf[leaf] = made as u8;
                leaf += 1;
            } else {
                sums[made] += sums[node];
                parent_of_node[node] = made as u8;
                node += 1;
            }
        }
    }
    let mut depths = [0u8; 256];
    for node in (0..used - 2).rev() {
        depths[node] = depths[usize::from(parent_of_node[node])] + 1;
    }
    for (place, &(_, byte)) in leaves.iter().enumerate() {
        lengths[usize::from(byte)] = depths[usize::from(parent_of_leaf[place])] + 1;
    }
    lengths
}

/// The codes of these lengths, the highest bit in the lowest place.
fn codes(lengths: &Lengths) -> [u16; 256] {
    let mut of_length = [0u16; LONGEST + 1];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        of_length[usize::from(length)] += 1;
    }
    let mut next = [0u16; LONGEST + 1];
    for length in 1..=LONGEST {
        next[length] = (next[length - 1] + of_length[length - 1]) << 1;
    }
    let mut codes = [0; 256];
    for (code, &length) in codes.iter_mut().zip(lengths) {
        if length > 0 {
            let next = &mut next[usize::from(length)];
            *code = next.reverse_bits() >> (16 - u32::from(length));
            *next += 1;
        }
    }
    codes
}

#[cfg(any(feature = "read", test))]
pub(crate) use decode::decode;

#[cfg(any(feature = "read", test))]
mod decode {
    use super::{CODED, LONGEST, Lengths, STORED, codes};
    use crate::varint::Reader;

    /// Bytes that are decoded from bits that are taken at once.
    const AT_ONCE: usize = 4;

    const _: () = assert!(AT_ONCE * LONGEST <= 56);

    /// Reads a column of up to `most` bytes into `out`; `None` if there is none.
    pub(crate) fn decode(reader: &mut Reader<'_>, most: usize, out: &mut Vec<u8>) -> Option<()> {
        out.clear();
        let count = usize::try_from(reader.varint()?).ok()?;
        if count > most {
            return None;
        }
        if count == 0 {
            return Some(());
        }
        match reader.byte()? {
            STORED => out.extend_from_slice(reader.take(count)?),
            CODED => decode_codes(reader, count, out)?,
            _ => return None,
        }
        Some(())
    }

    fn decode_codes(reader: &mut Reader<'_>, count: usize, out: &mut Vec<u8>) -> Option<()> {
        let highest = reader.byte()?;
        let mut lengths: Lengths = [0; 256];
        let pairs = usize::from(highest) / 2 + 1;
        for (pair, byte) in lengths.chunks_mut(2).zip(reader.take(pairs)?) {
            pair.copy_from_slice(&[byte & 15, byte >> 4]);
        }
        if lengths == [0; 256] {
            out.resize(count, highest);
            return Some(());
        }
        let table = table(&lengths)?;
        out.resize(count, 0);
        let mut bits = Bits::new(reader.rest());
        let mut done = 0;
        // PERF: what stands for so many bytes is there at once.
        while bits.fill()
            && let Some(places) = out.get_mut(done..done + AT_ONCE)
        {
            for place in places {
                *place = bits.next(&table);
            }
            done += AT_ONCE;
        }
        for place in &mut out[done..] {
            bits.fill_slowly();
            *place = bits.next_if_whole(&table)?;
        }
        reader.take(bits.taken())?;
        Some(())
    }

    /// The bits of a column, of which some are looked at.
    struct Bits<'a> {
        bytes: &'a [u8],
        at: usize,
        /// The next ones, the first one lowest, and how many they are.
        waiting: u64,
        ready: u32,
    }

    impl<'a> Bits<'a> {
        fn new(bytes: &'a [u8]) -> Self {
            Self {
                bytes,
                at: 0,
                waiting: 0,
                ready: 0,
            }
        }

        /// Takes bits until there are at least 56; `false` near the end.
        #[inline(always)]
        fn fill(&mut self) -> bool {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(eight) = rest.first_chunk() else {
                return false;
            };
            // Those that do not make a whole byte more are taken again.
            self.waiting |= u64::from_le_bytes(*eight) << self.ready;
            let more = (63 - self.ready) / 8;
            self.ready += 8 * more;
            self.at += more as usize;
            true
        }

        /// Takes bits until there are as many as the longest code has, if there are.
        fn fill_slowly(&mut self) {
            self.waiting &= (1 << self.ready) - 1;
            while self.ready < LONGEST as u32
                && let Some(byte) = self.bytes.get(self.at)
            {
                self.waiting |= u64::from(*byte) << self.ready;
                self.ready += 8;
                self.at += 1;
            }
        }

        /// The byte that the next bits stand for, of which there are enough.
        #[inline(always)]
        fn next(&mut self, table: &Table) -> u8 {
            let (byte, length) = table[self.waiting as usize % table.len()];
            self.waiting >>= length;
            self.ready = self.ready.wrapping_sub(length.into());
            byte
        }

        /// The same; `None` if there are too few.
        fn next_if_whole(&mut self, table: &Table) -> Option<u8> {
            let (_, length) = table[self.waiting as usize % table.len()];
            (u32::from(length) <= self.ready).then(|| self.next(table))
        }

        /// Bytes that were used, if only to the first bit.
        fn taken(&self) -> usize {
            self.at - self.ready as usize / 8
        }
    }

    /// What bits stand for, and how many of them.
    type Table = [(u8, u8); 1 << LONGEST];

    /// What the next bits stand for, and how many of them; `None` if the lengths are no code's.
    fn table(lengths: &Lengths) -> Option<Box<Table>> {
        let weight = |&length: &u8| match usize::from(length) {
            0 => Some(0),
            length => (length <= LONGEST).then(|| 1 << (LONGEST - length)),
        };
        let sum = lengths
            .iter()
            .try_fold(0usize, |sum, length| Some(sum + weight(length)?))?;
        if sum != 1 << LONGEST {
            return None;
        }
        let mut table = Box::new([(0, 0); 1 << LONGEST]);
        for ((code, &length), byte) in codes(lengths).into_iter().zip(lengths).zip(0..=255) {
            if length > 0 {
                let places = table[usize::from(code)..].iter_mut();
                places
                    .step_by(1 << length)
                    .for_each(|place| *place = (byte, length));
            }
        }
        Some(table)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::varint::Reader;

    fn encoded(column: &[u8]) -> Vec<u8> {
        let mut out = vec![0; column.len() + 300];
        let mut writer = Writer::new(&mut out);
        encode(column, &mut writer);
        let length = writer.written();
        out.truncate(length);
        out
    }

    fn check(column: &[u8]) -> usize {
        let mut bytes = encoded(column);
        let length = bytes.len();
        bytes.extend_from_slice(b"next");
        let mut reader = Reader::new(&bytes);
        let mut out = Vec::new();
        assert_eq!(decode(&mut reader, column.len(), &mut out), Some(()));
        assert_eq!(out, column);
        assert_eq!(reader.rest(), b"next");
        length
    }

    proptest! {
        #[test]
        fn columns_come_back(column: Vec<u8>, few in vec(0..7u8, 0..2000)) {
            check(&column);
            check(&few);
        }

        #[test]
        fn any_bytes_are_a_column_or_none(mut bytes: Vec<u8>) {
            let mut out = Vec::new();
            let _ = decode(&mut Reader::new(&bytes), 1000, &mut out);
            bytes.splice(0..0, [200, 1, 1]);
            let _ = decode(&mut Reader::new(&bytes), 1000, &mut out);
            prop_assert!(out.len() <= 1000);
        }
    }

    #[test]
    fn what_is_frequent_is_short() {
        assert_eq!(check(&[]), 1);
        assert!(check(&[7; 10_000]) < 10, "one byte needs no codes");
        let column: Vec<u8> = (0..8000u32).map(|index| u8::from(index % 8 == 0)).collect();
        assert!(check(&column) < 1010, "one bit each");
        // Counts of which each is more than the sum of those before: codes are cut to length.
        let steep: Vec<u8> = (0..18u8)
            .flat_map(|byte| std::iter::repeat_n(byte, 1 << byte))
            .collect();
        assert!(check(&steep) < 262_143 / 8 * 21 / 10);
    }
}
