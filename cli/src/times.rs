//! Times as people write and read them; inside there are only milliseconds since 1970.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::{problem, problem::Outcome};

/// A zone by its name, such as `Europe/Paris`; empty is UTC.
pub fn zone(name: &str) -> Outcome<TimeZone> {
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|error| problem!("zone-unknown", "zone" => name).because(&error))
}

/// A moment, in ms since 1970: `2026-12-01T12:00:00Z`, with an offset such as `+01:00`, or without either, in `zone`. Seconds may be left out.
///
/// A local time that the change of the clock skips or repeats is refused: nobody must guess when the vote closes.
pub fn parse(text: &str, zone: &TimeZone) -> Outcome<u64> {
    let wrong = || problem!("time-unreadable", "time" => text);
    let stamp = match text.parse::<Timestamp>() {
        Ok(stamp) => stamp,
        Err(_) => {
            let local: DateTime = text.trim().parse().map_err(|error| wrong().because(&error))?;
            zone.to_ambiguous_timestamp(local).unambiguous().map_err(|error| problem!("time-ambiguous", "time" => text).because(&error))?
        }
    };
    u64::try_from(stamp.as_millisecond()).map_err(|_| wrong())
}

/// A moment as the manifest has it, `YYYY-MM-DDTHH:MM:SSZ`; parts of a second are dropped.
#[must_use]
pub fn manifest(ms: u64) -> String {
    stamp(ms).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A moment as people read it: in the zone, with the zone named, and in UTC if that is another.
#[must_use]
pub fn shown(ms: u64, zone: &TimeZone) -> String {
    let local = stamp(ms).to_zoned(zone.clone());
    let place = zone.iana_name().unwrap_or("UTC");
    if local.offset().is_zero() {
        return format!("{} UTC", local.strftime("%Y-%m-%d %H:%M"));
    }
    format!("{} {place} ({} UTC)", local.strftime("%Y-%m-%d %H:%M"), stamp(ms).strftime("%Y-%m-%d %H:%M"))
}

fn stamp(ms: u64) -> Timestamp {
    i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_organisers_write() {
        let paris = zone("Europe/Paris").unwrap();
        for text in ["2026-12-01T12:00:00Z", "2026-12-01T13:00:00+01:00", "2026-12-01 13:00", "2026-12-01T13:00:00"] {
            assert_eq!(manifest(parse(text, &paris).unwrap()), "2026-12-01T12:00:00Z", "{text}");
        }
        assert_eq!(shown(1_796_126_400_000, &paris), "2026-12-01 13:00 Europe/Paris (2026-12-01 12:00 UTC)");
        assert_eq!(shown(1_796_126_400_000, &TimeZone::UTC), "2026-12-01 12:00 UTC");
    }

    #[test]
    fn refuses_a_time_the_clock_change_skips_or_repeats() {
        let paris = zone("Europe/Paris").unwrap();
        assert_eq!(parse("2026-03-29 02:30", &paris).unwrap_err().key(), "time-ambiguous");
        assert_eq!(parse("2026-10-25 02:30", &paris).unwrap_err().key(), "time-ambiguous");
        assert_eq!(parse("tomorrow", &paris).unwrap_err().key(), "time-unreadable");
    }
}
