//! Quantities as people read them: bytes, counts and times, rounded without surprises.
//!
//! The arithmetic is on integers, so that a figure is rounded once, from its exact value, half to
//! even. A value that rounding would carry to 1024 of its unit is written as 1 of the next.

use std::fmt;

use crate::config::{Config, Unit};

/// The most decimals that can be asked for.
pub(crate) const MAX_PRECISION: u8 = 9;

/// A number of bytes, and how to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes {
    /// Bytes; negative for an increment that is a loss.
    pub(crate) value: i128,
    /// The unit to write them in.
    pub(crate) unit: Unit,
    /// Decimals, in every unit but the byte.
    pub(crate) precision: u8,
}

impl Bytes {
    /// `value` bytes, to be written as `config` says.
    pub(crate) fn new(value: i128, config: &Config) -> Self {
        Self {
            value,
            unit: config.unit,
            precision: config.precision,
        }
    }
}

/// A number of bytes in the unit that fits, where nobody has said how to write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(Bytes);

impl Size {
    /// With one decimal.
    pub(crate) fn of(bytes: impl Into<i128>) -> Self {
        Self::with_precision(bytes, 1)
    }

    /// With two decimals.
    pub(crate) fn fine(bytes: impl Into<i128>) -> Self {
        Self::with_precision(bytes, 2)
    }

    fn with_precision(bytes: impl Into<i128>, precision: u8) -> Self {
        Self(Bytes {
            value: bytes.into(),
            unit: Unit::Auto,
            precision,
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scale, name) = match self.unit {
            Unit::Auto => fitting(self.value, self.precision),
            Unit::B => SCALES[0],
            Unit::KiB => SCALES[1],
            Unit::MiB => SCALES[2],
            Unit::GiB => SCALES[3],
        };
        let precision = if scale == 1 { 0 } else { self.precision };
        let number = Decimal::new(self.value, scale, precision);
        // Four digits stay together (`1023 B`): automatic units have no more.
        let group = number.whole() >= 10_000;
        write!(f, "{} {name}", number.text(group))
    }
}

/// The units by size: bytes in one, and its name.
const SCALES: [(i128, &str); 4] = [
    (1, "B"),
    (1 << 10, "KiB"),
    (1 << 20, "MiB"),
    (1 << 30, "GiB"),
];

/// The smallest unit in which `value` stays below 1024 *after* rounding; GiB for what is larger.
fn fitting(value: i128, precision: u8) -> (i128, &'static str) {
    SCALES
        .into_iter()
        .find(|&(scale, _)| {
            let precision = if scale == 1 { 0 } else { precision };
            Decimal::new(value, scale, precision).whole() < 1024
        })
        .unwrap_or(SCALES[3])
}

/// The number of bytes that a text such as `1 MiB`, `512kib`, `10 kB` or `4096` says.
pub(crate) fn parse_bytes(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("kb", 1000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("b", 1),
    ];
    let text = text.trim().to_ascii_lowercase();
    let unit = |&(unit, scale): &(&str, u64)| Some((text.strip_suffix(unit)?, scale));
    let (number, scale) = UNITS.iter().find_map(unit).unwrap_or((&text, 1));
    number.trim_end().parse::<u64>().ok()?.checked_mul(scale)
}

/// A count with its thousands separated: `5,000`.
pub(crate) fn count(value: u64) -> String {
    Decimal::new(value.into(), 1, 0).text(true)
}

/// A count and its noun, in the plural unless it is one: `1 thread`, `3 threads`.
pub(crate) fn counted(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(value))
}

/// A time in ns, µs, ms or s, whichever leaves fewer than four digits before the point.
pub(crate) fn time(nanoseconds: u64, precision: u8) -> String {
    const STEPS: [(i128, &str); 4] = [
        (1, "ns"),
        (1_000, "µs"),
        (1_000_000, "ms"),
        (1_000_000_000, "s"),
    ];
    let written = |(scale, name): (i128, &str)| {
        let precision = if scale == 1 { 0 } else { precision };
        let number = Decimal::new(nanoseconds.into(), scale, precision);
        (
            number.whole() < 1000,
            format!("{} {name}", number.text(true)),
        )
    };
    STEPS
        .into_iter()
        .map(written)
        .find_map(|(fits, text)| fits.then_some(text))
        .unwrap_or_else(|| written(STEPS[3]).1)
}

/// A number rounded to some decimals, kept as an integer of its last place.
struct Decimal {
    negative: bool,
    /// The magnitude in units of the last decimal.
    places: u128,
    precision: usize,
}

impl Decimal {
    /// `value / scale`, rounded half to even.
    fn new(value: i128, scale: i128, precision: u8) -> Self {
        let precision = precision.min(MAX_PRECISION);
        // At most 2^64 * 10^9, far within 128 bits.
        let exact = value.unsigned_abs() * 10_u128.pow(precision.into());
        let scale = scale.unsigned_abs();
        let (mut places, rest) = (exact / scale, exact % scale);
        if rest * 2 > scale || (rest * 2 == scale && places % 2 == 1) {
            places += 1;
        }
        Self {
            negative: value < 0 && places > 0,
            places,
            precision: precision.into(),
        }
    }

    /// The digits before the point, as a magnitude.
    fn whole(&self) -> u128 {
        self.places / 10_u128.pow(self.precision as u32)
    }

    fn text(&self, group: bool) -> String {
        let whole = self.whole().to_string();
        let mut text = String::with_capacity(whole.len() * 2 + self.precision + 2);
        if self.negative {
            text.push('-');
        }
        for (i, digit) in whole.chars().enumerate() {
            if group && i > 0 && (whole.len() - i).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if self.precision > 0 {
            let fraction = self.places % 10_u128.pow(self.precision as u32);
            text.push_str(&format!(".{fraction:0width$}", width = self.precision));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn check(cases: &[(i128, Unit, u8)], expected: Expect) {
        let mut out = String::new();
        for &(value, unit, precision) in cases {
            let bytes = Bytes {
                value,
                unit,
                precision,
            };
            out.push_str(&format!("{value} at {precision} in {unit}: {bytes}\n"));
        }
        expected.assert_eq(&out);
    }

    #[test]
    fn sizes_are_read() {
        let check = |text, size| assert_eq!(parse_bytes(text), size, "{text}");
        check("1 MiB", Some(1 << 20));
        check(" 512kib ", Some(512 << 10));
        check("10 kB", Some(10_000));
        check("0 B", Some(0));
        check("4096", Some(4096));
        check("", None);
        check("B", None);
        check("-1", None);
        check("1.5 MiB", None);
        check("1 TiB", None);
        check("99999999999 GiB", None);
    }

    #[test]
    fn automatic_units_never_show_1024() {
        const K: i128 = 1024;
        check(
            &[
                (0, Unit::Auto, 1),
                (1, Unit::Auto, 1),
                (1023, Unit::Auto, 1),
                (1024, Unit::Auto, 1),
                (1075, Unit::Auto, 1),
                (1024 * K - 52, Unit::Auto, 1),
                (1024 * K - 51, Unit::Auto, 1),
                (1024 * K - 1, Unit::Auto, 0),
                (1024 * K - 1, Unit::Auto, 3),
                (1024 * K - 1, Unit::Auto, 2),
                (1024 * K * K - 1, Unit::Auto, 1),
                (5 * K * K * K * K, Unit::Auto, 1),
                (u64::MAX.into(), Unit::Auto, 9),
            ],
            expect![[r#"
                0 at 1 in auto: 0 B
                1 at 1 in auto: 1 B
                1023 at 1 in auto: 1023 B
                1024 at 1 in auto: 1.0 KiB
                1075 at 1 in auto: 1.0 KiB
                1048524 at 1 in auto: 1023.9 KiB
                1048525 at 1 in auto: 1.0 MiB
                1048575 at 0 in auto: 1 MiB
                1048575 at 3 in auto: 1023.999 KiB
                1048575 at 2 in auto: 1.00 MiB
                1073741823 at 1 in auto: 1.0 GiB
                5497558138880 at 1 in auto: 5120.0 GiB
                18446744073709551615 at 9 in auto: 17,179,869,183.999999999 GiB
            "#]],
        );
    }

    #[test]
    fn losses_keep_their_sign_unless_nothing_is_left_to_show() {
        check(
            &[
                (-1, Unit::Auto, 1),
                (-1023, Unit::Auto, 1),
                (-6_710_886, Unit::Auto, 1),
                (-1024 * 1024 + 1, Unit::Auto, 1),
                (-24, Unit::MiB, 1),
                (i64::MIN.into(), Unit::Auto, 0),
            ],
            expect![[r#"
                -1 at 1 in auto: -1 B
                -1023 at 1 in auto: -1023 B
                -6710886 at 1 in auto: -6.4 MiB
                -1048575 at 1 in auto: -1.0 MiB
                -24 at 1 in MiB: 0.0 MiB
                -9223372036854775808 at 0 in auto: -8,589,934,592 GiB
            "#]],
        );
    }

    #[test]
    fn a_fixed_unit_stays() {
        check(
            &[
                (48, Unit::B, 3),
                (123_456_789, Unit::B, 3),
                (123_456_789, Unit::KiB, 1),
                (123_456_789, Unit::MiB, 1),
                (123_456_789, Unit::GiB, 4),
                (123_456_789, Unit::GiB, 0),
                (1, Unit::GiB, 9),
            ],
            expect![[r#"
                48 at 3 in B: 48 B
                123456789 at 3 in B: 123,456,789 B
                123456789 at 1 in KiB: 120,563.3 KiB
                123456789 at 1 in MiB: 117.7 MiB
                123456789 at 4 in GiB: 0.1150 GiB
                123456789 at 0 in GiB: 0 GiB
                1 at 9 in GiB: 0.000000001 GiB
            "#]],
        );
    }

    #[test]
    fn ties_round_to_even() {
        check(
            &[
                (512, Unit::KiB, 0),
                (1536, Unit::KiB, 0),
                (2560, Unit::KiB, 0),
                (256, Unit::KiB, 1),
            ],
            expect![[r#"
                512 at 0 in KiB: 0 KiB
                1536 at 0 in KiB: 2 KiB
                2560 at 0 in KiB: 2 KiB
                256 at 1 in KiB: 0.2 KiB
            "#]],
        );
    }

    #[test]
    fn counts_and_times() {
        let counts: Vec<String> = [0, 999, 1000, 5000, 1_234_567, u64::MAX].map(count).into();
        expect![[r#"
            0
            999
            1,000
            5,000
            1,234,567
            18,446,744,073,709,551,615"#]]
        .assert_eq(&counts.join("\n"));
        let times: Vec<String> = [
            0,
            999,
            1000,
            999_949,
            999_950,
            1_500_000_000,
            7_200_000_000_000,
        ]
        .map(|ns| time(ns, 1))
        .into();
        expect![[r#"
            0 ns
            999 ns
            1.0 µs
            999.9 µs
            1.0 ms
            1.5 s
            7,200.0 s"#]]
        .assert_eq(&times.join("\n"));
        assert_eq!(counted(1, "thread"), "1 thread");
        assert_eq!(counted(0, "thread"), "0 threads");
        assert_eq!(counted(3000, "thread"), "3,000 threads");
    }

    proptest! {
        #[test]
        fn what_is_written_is_within_half_of_its_last_place(value: i64, precision in 0u8..=9) {
            let bytes = Bytes { value: value.into(), unit: Unit::Auto, precision };
            let text = bytes.to_string();
            let (number, unit) = text.split_once(' ').expect("a number and a unit");
            let scale = SCALES.iter().find(|s| s.1 == unit).expect("a known unit").0;
            let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
            let places: i128 = number.replace([',', '.'], "").parse().expect("digits");
            let difference = (places * scale - i128::from(value) * 10_i128.pow(decimals)).abs();
            prop_assert!(difference * 2 <= scale, "{value} as {text}");
        }
    }
}
