//! Quantities as people read them.

/// The binary units above the byte.
const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];

/// A number of bytes in the unit in which it has the fewest digits: `640 B`, `12.5 MiB`.
#[must_use]
pub fn bytes(value: u64) -> String {
    if value < 1024 {
        return format!("{value} B");
    }
    let mut scale = 1024u128;
    let mut tenths = tenths(value, scale);
    let mut unit = 0;
    // What rounds to 1024.0 of a unit is 1.0 of the next.
    while tenths >= 10240 && unit + 1 < UNITS.len() {
        scale *= 1024;
        unit += 1;
        tenths = self::tenths(value, scale);
    }
    let whole = (tenths / 10) as u64;
    // Four digits stay together.
    let whole = match whole {
        0..10_000 => whole.to_string(),
        _ => count(whole),
    };
    format!("{whole}.{} {}", tenths % 10, UNITS[unit])
}

/// A change of bytes, with its sign: `+12.5 MiB`, `-640 B`.
#[must_use]
pub fn change(value: i128) -> String {
    let magnitude = bytes(u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX));
    match value {
        0 => magnitude,
        _ if value < 0 => format!("-{magnitude}"),
        _ => format!("+{magnitude}"),
    }
}

/// A count with its thousands separated: `5,000`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count of blocks: `1 block`, `5,000 blocks`.
#[must_use]
pub fn blocks(value: u64) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} block{plural}", count(value))
}

/// A share in percent: `12.3 %`; of nothing it is 0.
#[must_use]
pub fn share(part: u64, whole: u64) -> String {
    let percent = if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    };
    format!("{percent:.1} %")
}

/// How much of a whole a part is, for colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Half of it or more.
    Half,
    /// A tenth of it or more.
    Tenth,
    /// Less than that.
    Little,
}

impl Part {
    /// What `part` is of `whole`.
    #[must_use]
    pub fn of(part: u64, whole: u64) -> Self {
        let percent = u128::from(part) * 100 / u128::from(whole.max(1));
        match percent {
            50.. => Self::Half,
            10.. => Self::Tenth,
            _ => Self::Little,
        }
    }
}

/// Nanoseconds in ns, µs, ms or s, whichever leaves the fewest digits.
#[must_use]
pub fn time(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000 => format!("{nanoseconds} ns"),
        1_000..1_000_000 => format!("{:.1} µs", nanoseconds as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.2} s", nanoseconds as f64 / 1e9),
    }
}

/// A moment as `2026-11-25 15:29:58 UTC`, from seconds since 1970.
#[must_use]
pub fn date(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days since 1 March of year 0, in eras of 400 years: a leap day ends its year.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = 400 * era + year + carry;
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// Tenths of a unit, rounded half up.
fn tenths(value: u64, scale: u128) -> u128 {
    (u128::from(value) * 10 + scale / 2) / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_into_the_unit_that_fits() {
        let check = |value, text| assert_eq!(bytes(value), text);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1024, "1.0 KiB");
        check(1536, "1.5 KiB");
        check((1 << 20) - 1, "1.0 MiB");
        check((1 << 20) - 60, "1023.9 KiB");
        check(50 << 40, "51,200.0 GiB");
        assert_eq!(change(-2048), "-2.0 KiB");
        assert_eq!(change(7), "+7 B");
        assert_eq!(change(0), "0 B");
    }

    #[test]
    fn counts_shares_times_and_dates_are_readable() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(
            (blocks(1), blocks(2)),
            ("1 block".into(), "2 blocks".into())
        );
        assert_eq!(share(1, 3), "33.3 %");
        assert_eq!(share(1, 0), "0.0 %");
        assert_eq!(time(999), "999 ns");
        assert_eq!(time(1_500_000), "1.5 ms");
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_827_696), "2000-02-29 12:34:56 UTC");
        assert_eq!(date(1_795_620_598), "2026-11-25 15:29:58 UTC");
    }
}
