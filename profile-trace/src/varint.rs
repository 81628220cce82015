//! Numbers in as few bytes as they need.
//!
//! A varint holds seven bits per byte, the lowest first; the top bit says that more follow. Signed
//! differences are zigzagged first, so that small ones of either sign are short.

/// The most bytes that a varint takes.
pub(crate) const MAX: usize = 10;

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

    #[cfg(any(feature = "read", test))]
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

    /// The bytes that this one has yet to read and `later`, a copy that went on, has not.
    #[inline]
    pub(crate) fn up_to(&self, later: &Self) -> &'a [u8] {
        &self.0[..self.0.len() - later.0.len()]
    }

    /// What has not been read yet.
    #[cfg(any(feature = "read", test))]
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
        fn any_bytes_are_a_number_or_none(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while reader.varint().is_some() {}
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
