//! Times as a manifest writes them: `YYYY-MM-DDTHH:MM:SSZ`, from 1970 on (section 2).

/// How long a time is, in bytes.
const LEN: usize = 20;

/// Milliseconds since 1970 of a time in exactly this form; `None` if it is not one, or no valid date.
pub fn parse_time(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != LEN {
        return None;
    }
    let shape = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'Z')];
    if shape.iter().any(|(at, symbol)| bytes.get(*at) != Some(symbol)) {
        return None;
    }
    let [year, month, day] = [digits(bytes, 0, 4)?, digits(bytes, 5, 2)?, digits(bytes, 8, 2)?];
    let [hour, minute, second] = [digits(bytes, 11, 2)?, digits(bytes, 14, 2)?, digits(bytes, 17, 2)?];
    let days = days_before_year(year)?
        .checked_add((1..month).map(|earlier| days_in_month(year, earlier)).sum())?
        .checked_add(day.checked_sub(1)?)?;
    let valid = (1..=12).contains(&month) && day <= days_in_month(year, month) && hour < 24 && minute < 60 && second < 60;
    let minutes = days.checked_mul(24)?.checked_add(hour)?.checked_mul(60)?.checked_add(minute)?;
    let seconds = minutes.checked_mul(60)?.checked_add(second)?;
    valid.then_some(seconds.checked_mul(1000)?)
}

/// The time in the form of a manifest, its milliseconds cut off; `None` after the year 9999.
pub fn format_time(ms: u64) -> Option<String> {
    let seconds = ms / 1000;
    let mut rest = seconds / 86_400;
    let mut year = 1970;
    while rest >= days_in_year(year) {
        rest = rest.checked_sub(days_in_year(year))?;
        year = u64::checked_add(year, 1).filter(|year| *year <= 9999)?;
    }
    let mut month = 1;
    while rest >= days_in_month(year, month) {
        rest = rest.checked_sub(days_in_month(year, month))?;
        month = u64::checked_add(month, 1)?;
    }
    let day = rest.checked_add(1)?;
    let [hour, minute, second] = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60];
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

fn digits(bytes: &[u8], at: usize, count: usize) -> Option<u64> {
    let digits = bytes.get(at..)?.get(..count)?;
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = digit.is_ascii_digit().then(|| digit.wrapping_sub(b'0'))?;
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// Days from 1970-01-01 to the first of January of `year`; `None` before 1970.
fn days_before_year(year: u64) -> Option<u64> {
    let leaps = |year: u64| (year / 4).saturating_sub(year / 100).saturating_add(year / 400);
    let leap_days = leaps(year.checked_sub(1)?).checked_sub(leaps(1969))?;
    year.checked_sub(1970)?.checked_mul(365)?.checked_add(leap_days)
}

fn days_in_year(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}
