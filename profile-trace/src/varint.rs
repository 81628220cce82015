//! Numbers in as few bytes as they need.
//!
//! A varint holds seven bits per byte, the lowest first; the top bit says that more follow. Signed
//! differences are zigzagged first, so that small ones of either sign are short.

/// The most bytes that a varint takes.
pub(crate) const MAX: usize = 10;

/// The bytes of a varint, the first one lowest, and how many they are; the rest are zero. Of numbers of up to
/// 56 bits.
#[inline]
fn spread(value: u64) -> (u64, usize) {
    let length = (70 - (value | 1).leading_zeros()) / 7;
    let mut word = value & 0x0000_0000_0FFF_FFFF | (value & 0x00FF_FFFF_F000_0000) << 4;
    word = word & 0x0000_3FFF_0000_3FFF | (word & 0x0FFF_C000_0FFF_C000) << 2;
    word = word & 0x007F_007F_007F_007F | (word & 0x3F80_3F80_3F80_3F80) << 1;
    let followed = !(u64::MAX << (8 * (length - 1)));
    (word | 0x8080_8080_8080_8080 & followed, length as usize)
}

/// The number of a varint whose bytes `word` begins with, and how many they are; `None` if they are more than
/// eight.
#[inline]
pub(crate) fn gather(word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 {
        return None;
    }
    let length = ends.trailing_zeros() as usize / 8 + 1;
    let mut value = word & (ends ^ (ends - 1)) & 0x7F7F_7F7F_7F7F_7F7F;
    value = value & 0x007F_007F_007F_007F | (value & 0x7F00_7F00_7F00_7F00) >> 1;
    value = value & 0x0000_3FFF_0000_3FFF | (value & 0x3FFF_0000_3FFF_0000) >> 2;
    value = value & 0x0000_0000_0FFF_FFFF | (value & 0x0FFF_FFFF_0000_0000) >> 4;
    Some((value, length))
}

/// Writes into a buffer that its owner knows to be large enough: what does not fit is dropped.
pub(crate) struct Writer<'a> {
    buffer: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, at: 0 }
    }

    /// Bytes written so far.
    #[inline]
    pub(crate) fn written(&self) -> usize {
        self.at
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.at) {
            *place = byte;
            self.at += 1;
        }
    }

    /// Writes bytes as they are.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let rest = &mut self.buffer[self.at..];
        let length = bytes.len().min(rest.len());
        rest[..length].copy_from_slice(&bytes[..length]);
        self.at += length;
    }

    /// Writes the first `length` bytes of a word.
    #[inline]
    pub(crate) fn word(&mut self, word: u64, length: usize) {
        let bytes = word.to_le_bytes();
        match self.buffer[self.at..].first_chunk_mut() {
            Some(place) => {
                *place = bytes;
                self.at += length;
            }
            None => self.bytes(&bytes[..length]),
        }
    }

    /// Writes a varint of which nobody knows how long it is.
    ///
    /// PERF: no branch depends on its length, as one does in [`varint`](Self::varint), which is for what mostly takes a
    /// byte.
    #[inline]
    pub(crate) fn long_varint(&mut self, value: u64) {
        if value < 1 << 56 {
            let (word, length) = spread(value);
            self.word(word, length);
        } else {
            self.varint(value);
        }
    }

    #[inline]
    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.byte(value as u8 | 0x80);
            value >>= 7;
        }
        self.byte(value as u8);
    }
}

/// Appends a varint.
pub(crate) fn push(out: &mut Vec<u8>, value: u64) {
    let mut bytes = [0; MAX];
    let mut writer = Writer::new(&mut bytes);
    writer.varint(value);
    let length = writer.written();
    out.extend_from_slice(&bytes[..length]);
}

/// Appends bytes behind their number.
pub(crate) fn push_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    push(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[inline]
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Takes numbers off the front of a slice; `None` once it ends, or where no number is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that are left.
    #[cfg(feature = "read")]
    pub(crate) fn left(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let first = self.byte()?;
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut value = u64::from(first & 0x7F);
        for index in 1..MAX {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7F);
            let shift = 7 * index as u32;
            if bits << shift >> shift != bits {
                return None; // more than 64 bits
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A varint of which nobody knows how long it is; see [`Writer::long_varint`].
    #[inline]
    pub(crate) fn long_varint(&mut self) -> Option<u64> {
        let word = self.0.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        match word.and_then(gather) {
            Some((value, length)) => {
                self.0 = &self.0[length..];
                Some(value)
            }
            None => self.varint(),
        }
    }

    /// Passes over so many bytes.
    #[inline]
    pub(crate) fn skip(&mut self, length: usize) {
        self.0 = self.0.get(length..).unwrap_or_default();
    }

    /// What has not been read yet.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// So many bytes.
    #[cfg(any(feature = "read", test))]
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    /// A varint that fits into 32 bits.
    #[cfg(feature = "read")]
    pub(crate) fn varint32(&mut self) -> Option<u32> {
        self.varint()?.try_into().ok()
    }

    #[cfg(any(feature = "read", test))]
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.varint()?).ok()?;
        self.take(length)
    }
}

#[inline]
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(value: u64, signed: i64) {
            let mut bytes = Vec::new();
            push(&mut bytes, value);
            push(&mut bytes, zigzag(signed));
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.varint(), Some(value));
            prop_assert_eq!(reader.varint().map(unzigzag), Some(signed));
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn long_numbers_are_the_same(value: u64, bits in 0..64u32, room in 0..12usize) {
            let value = value >> bits;
            let mut bytes = Vec::new();
            push(&mut bytes, value);
            let length = bytes.len();
            let mut place = vec![0xFF; length + room];
            let mut writer = Writer::new(&mut place);
            writer.long_varint(value);
            prop_assert_eq!(writer.written(), length);
            prop_assert_eq!(&place[..length], &bytes);
            let mut reader = Reader::new(&place);
            prop_assert_eq!(reader.long_varint(), Some(value));
            prop_assert_eq!(reader.rest().len(), room);
        }

        #[test]
        fn any_bytes_are_a_number_or_none(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            let mut same = reader;
            loop {
                let number = reader.varint();
                prop_assert_eq!(number, same.long_varint());
                if number.is_none() {
                    break;
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_of_64_bits_is_none() {
        assert_eq!(Reader::new(&[0x80]).varint(), None);
        assert_eq!(Reader::new(&[0xFF; 10]).varint(), None);
        let mut largest = [0xFF; 10];
        largest[9] = 1;
        assert_eq!(Reader::new(&largest).varint(), Some(u64::MAX));
        largest[9] = 2;
        assert_eq!(Reader::new(&largest).varint(), None);
    }

    #[test]
    fn small_differences_are_short() {
        assert_eq!([0, -1, 1, -2].map(zigzag), [0, 1, 2, 3]);
    }
}
