//! A teller's keys as words on paper: the last resort when key file and copies are gone.
//!
//! Not a part of the protocol: nobody but its owner reads the sheet. 52 words of 11 bits hold the 64 bytes of
//! [`TellerSecret`](crate::teller::TellerSecret), 5 bits of their hash and five check words, a Reed–Solomon code over GF(2^11). Any
//! two wrong words, or two that changed places, are named; three are noticed. The lists are those of BIP-39 (MIT licence):
//! no two words of a list have the same first four letters, with or without accents.
//!
//! Unlike everything that meets other people's data, reading words is not done in constant time: it is done once, alone, by hand.

use rand_core::CryptoRng;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{hash::hash32, teller::TELLER_SECRET_LEN};

/// How many words a sheet has.
pub const WORDS: usize = 52;
/// How many of them are check words; they stand last.
const CHECKS: usize = 5;
/// Bits of a word.
const BITS: usize = 11;
/// Words of a suggested passphrase: 66 bits.
const PASSPHRASE_WORDS: usize = 6;

const ENGLISH: &str = include_str!("paper/en.txt");
const FRENCH: &str = include_str!("paper/fr.txt");

/// From which list words are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordList {
    /// BIP-39, English.
    English,
    /// BIP-39, French.
    French,
}

/// Why words give no key. Places count from 1; the words themselves are secret and not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PaperError {
    /// Too few or too many words.
    #[error("{found} words instead of {WORDS}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// Words that are in no list.
    #[error("words {places:?} are not in the list")]
    Unknown {
        /// Where they stand.
        places: Vec<usize>,
    },
    /// One or two words of the list that do not belong there.
    #[error("words {places:?} are wrong")]
    Wrong {
        /// Where they stand.
        places: Vec<usize>,
    },
    /// Two words changed places.
    #[error("words {places:?} are swapped")]
    Swapped {
        /// Where they stand.
        places: [usize; 2],
    },
    /// More is wrong than can be named.
    #[error("more than two words are wrong")]
    Damaged,
}

/// The words of a teller's private keys, separated by spaces.
pub fn words(secret: &[u8; TELLER_SECRET_LEN], list: WordList) -> Zeroizing<String> {
    let mut symbols = Zeroizing::new([0_u16; WORDS]);
    let check = hash_bits(secret);
    let bits = secret
        .iter()
        .flat_map(|byte| (0..8_u32).rev().map(move |bit| (byte >> bit) & 1))
        .chain((0..5_u32).rev().map(|bit| (check >> bit) & 1));
    let data = WORDS.saturating_sub(CHECKS);
    for (place, bit) in bits.enumerate() {
        if let Some(symbol) = symbols.get_mut(place.checked_div(BITS).unwrap_or_default()) {
            *symbol = (*symbol << 1) | u16::from(bit);
        }
    }
    let remainder = remainder(symbols.get(..data).unwrap_or_default());
    symbols.iter_mut().skip(data).zip(remainder.iter()).for_each(|(to, from)| *to = *from);
    joined(symbols.iter().copied(), list)
}

/// The private keys from words as typed or read: case, accents, numbers and signs between the words do not matter, and the first
/// four letters of a word are enough.
pub fn read(text: &str) -> Result<Zeroizing<[u8; TELLER_SECRET_LEN]>, PaperError> {
    let typed = Zeroizing::new(folded(text));
    let typed: Vec<&str> = typed.split(' ').filter(|word| !word.is_empty()).collect();
    if typed.len() != WORDS {
        return Err(PaperError::Count { found: typed.len() });
    }
    let attempts = [WordList::English, WordList::French].map(|list| symbols(&typed, list).and_then(|symbols| decode(&symbols)));
    // The list that explains more of what was typed is the one that was meant.
    let mut errors = Vec::new();
    for attempt in attempts {
        match attempt {
            Ok(secret) => return Ok(secret),
            Err(error) => errors.push(error),
        }
    }
    let badness = |error: &PaperError| match error {
        PaperError::Unknown { places } => places.len().saturating_add(1),
        _ => 0,
    };
    Err(errors.into_iter().min_by_key(badness).unwrap_or(PaperError::Damaged))
}

/// A passphrase that is easy to write down and hard to guess: six words by chance.
pub fn generate_passphrase(list: WordList, rng: &mut impl CryptoRng) -> Zeroizing<String> {
    let mut chosen = Zeroizing::new([0_u16; PASSPHRASE_WORDS]);
    for symbol in chosen.iter_mut() {
        // 2^16 is a multiple of 2^11: every word is equally likely.
        let mut bytes = [0; 2];
        rng.fill_bytes(&mut bytes);
        *symbol = u16::from_be_bytes(bytes) & MASK;
    }
    joined(chosen.iter().copied(), list)
}

impl WordList {
    fn text(self) -> &'static str {
        match self {
            Self::English => ENGLISH,
            Self::French => FRENCH,
        }
    }
}

fn joined(symbols: impl Iterator<Item = u16>, list: WordList) -> Zeroizing<String> {
    let all: Vec<&str> = list.text().lines().collect();
    // Long enough for any words, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(WORDS.saturating_mul(16)));
    for symbol in symbols {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(all.get(usize::from(symbol)).copied().unwrap_or_default());
    }
    text
}

/// Small letters without accents, words separated by one space.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' => folded.push(character),
            'é' | 'è' | 'ê' | 'ë' => folded.push('e'),
            'à' | 'â' => folded.push('a'),
            'î' | 'ï' => folded.push('i'),
            'ô' => folded.push('o'),
            'û' | 'ù' => folded.push('u'),
            'ç' => folded.push('c'),
            // An accent that follows its letter.
            '\u{300}'..='\u{36f}' => {}
            _ => folded.push(' '),
        }
    }
    folded
}

fn symbols(typed: &[&str], list: WordList) -> Result<Zeroizing<Vec<u16>>, PaperError> {
    let all: Vec<String> = list.text().lines().map(folded).collect();
    let mut found = Zeroizing::new(Vec::with_capacity(WORDS));
    let mut unknown = Vec::new();
    for (place, word) in (1_usize..).zip(typed) {
        let exact = all.iter().position(|known| known == word);
        let place_in_list = exact.or_else(|| (word.len() >= 4).then(|| all.iter().position(|known| known.starts_with(word))).flatten());
        match place_in_list.and_then(|position| u16::try_from(position).ok()) {
            Some(symbol) => found.push(symbol),
            None => unknown.push(place),
        }
    }
    if unknown.is_empty() { Ok(found) } else { Err(PaperError::Unknown { places: unknown }) }
}

fn decode(symbols: &[u16]) -> Result<Zeroizing<[u8; TELLER_SECRET_LEN]>, PaperError> {
    let syndromes = syndromes(symbols);
    if syndromes.iter().any(|syndrome| *syndrome != 0) {
        return Err(located(symbols, &syndromes));
    }
    let bits = symbols
        .iter()
        .flat_map(|symbol| (0..BITS).rev().map(move |bit| symbol.checked_shr(u32::try_from(bit).unwrap_or(0)).unwrap_or(0) & 1));
    let mut secret = Zeroizing::new([0_u8; TELLER_SECRET_LEN]);
    let mut check = 0_u8;
    for (place, bit) in bits.take((WORDS - CHECKS) * BITS).enumerate() {
        let bit = u8::try_from(bit).unwrap_or_default();
        match secret.get_mut(place / 8) {
            Some(byte) => *byte = (*byte << 1) | bit,
            None => check = (check << 1) | bit,
        }
    }
    if check == hash_bits(&secret) { Ok(secret) } else { Err(PaperError::Damaged) }
}

/// Five bits of the hash of the keys.
fn hash_bits(secret: &[u8; TELLER_SECRET_LEN]) -> u8 {
    let [first, ..] = hash32("isoloir/paper", &[secret]);
    first >> 3
}

const MASK: u16 = 0x7ff;

/// The product in GF(2^11) with the polynomial `x^11 + x^2 + 1`.
fn times(left: u16, right: u16) -> u16 {
    let mut product = 0;
    let mut shifted = left;
    for bit in 0..11_u32 {
        product ^= shifted & (0_u16.wrapping_sub((right >> bit) & 1));
        let carry = 0_u16.wrapping_sub((shifted >> 10) & 1);
        shifted = ((shifted << 1) & MASK) ^ (carry & 0b101);
    }
    product
}

/// `x^power`.
fn alpha(power: usize) -> u16 {
    (0..power).fold(1, |value, _| times(value, 2))
}

/// What dividing the data, five places up, by `Π (x − α^j)`, `j = 0 … 4`, leaves: the check words.
fn remainder(data: &[u16]) -> Zeroizing<[u16; CHECKS]> {
    let mut generator = [0_u16; CHECKS + 1];
    if let Some(first) = generator.first_mut() {
        *first = 1;
    }
    // Coefficients from the lowest power up.
    for root in (0..CHECKS).map(alpha) {
        let before = generator;
        for (power, coefficient) in generator.iter_mut().enumerate() {
            let lower = power.checked_sub(1).and_then(|lower| before.get(lower)).copied().unwrap_or_default();
            *coefficient = lower ^ times(before.get(power).copied().unwrap_or_default(), root);
        }
    }
    // From the highest power down, without the leading one.
    let steps: Vec<u16> = generator.iter().rev().skip(1).copied().collect();
    let mut rest = Zeroizing::new([0_u16; CHECKS]);
    for symbol in data {
        let [first, ..] = *rest;
        let factor = symbol ^ first;
        rest.rotate_left(1);
        if let Some(last) = rest.last_mut() {
            *last = 0;
        }
        rest.iter_mut().zip(&steps).for_each(|(to, step)| *to ^= times(factor, *step));
    }
    rest
}

fn syndromes(symbols: &[u16]) -> [u16; CHECKS] {
    core::array::from_fn(|root| {
        let at = alpha(root);
        symbols.iter().fold(0, |sum, symbol| times(sum, at) ^ symbol)
    })
}

/// Which one or two words are wrong.
fn located(symbols: &[u16], syndromes: &[u16; CHECKS]) -> PaperError {
    let [s0, s1, ..] = *syndromes;
    // Word `i` is the coefficient of `x^(51 − i)`.
    let locators: Vec<(usize, u16)> = (0..WORDS).map(|place| (place, alpha(WORDS.saturating_sub(1).saturating_sub(place)))).collect();
    for (place, locator) in &locators {
        if s0 != 0 && syndromes.windows(2).all(|pair| matches!(pair, [this, next] if times(*this, *locator) == *next)) {
            return PaperError::Wrong { places: vec![place.saturating_add(1)] };
        }
    }
    for (position, (first, one)) in locators.iter().enumerate() {
        for (second, other) in locators.iter().skip(position.saturating_add(1)) {
            let (sum, product) = (one ^ other, times(*one, *other));
            let fits = syndromes.windows(3).all(|three| matches!(three, [a, b, c] if times(sum, *b) ^ times(product, *a) == *c));
            if !fits {
                continue;
            }
            let places = [first.saturating_add(1), second.saturating_add(1)];
            let word = |place: &usize| symbols.get(*place).copied().unwrap_or_default();
            let swapped = s0 == 0 && times(sum, word(first) ^ word(second)) == s1;
            return if swapped { PaperError::Swapped { places } } else { PaperError::Wrong { places: places.to_vec() } };
        }
    }
    PaperError::Damaged
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

    use std::collections::BTreeSet;

    use getrandom::SysRng;
    use rand_core::{Rng, UnwrapErr};

    use super::*;

    fn secret() -> [u8; TELLER_SECRET_LEN] {
        let mut secret = [0; TELLER_SECRET_LEN];
        UnwrapErr(SysRng).fill_bytes(&mut secret);
        secret
    }

    fn sheet(list: WordList) -> ([u8; TELLER_SECRET_LEN], Vec<String>) {
        let secret = secret();
        (secret, words(&secret, list).split(' ').map(str::to_owned).collect())
    }

    const LISTS: [WordList; 2] = [WordList::English, WordList::French];

    #[test]
    fn four_letters_tell_the_words_of_a_list_apart() {
        for list in LISTS {
            let all: Vec<String> = list.text().lines().map(folded).collect();
            assert_eq!(all.len(), 2048);
            let beginnings: BTreeSet<&str> = all.iter().map(|word| &word[..word.len().min(4)]).collect();
            assert_eq!(beginnings.len(), 2048);
        }
    }

    #[test]
    fn every_word_is_reached_by_multiplying() {
        // The polynomial is primitive: the powers of x are all the non-zero values.
        assert_eq!((0..2047).map(alpha).collect::<BTreeSet<_>>().len(), 2047);
    }

    #[test]
    fn words_give_the_keys_back_however_they_are_typed() {
        for list in LISTS {
            for _ in 0..20 {
                let (secret, words) = sheet(list);
                assert_eq!(words.len(), WORDS);
                assert_eq!(*read(&words.join(" ")).unwrap(), secret);
                let numbered: Vec<String> =
                    words.iter().enumerate().map(|(i, word)| format!("{}. {}", i + 1, word.to_uppercase())).collect();
                assert_eq!(*read(&numbered.join("\n")).unwrap(), secret);
                let short: Vec<String> = words.iter().map(|word| folded(word).chars().take(4).collect()).collect();
                assert_eq!(*read(&short.join("-")).unwrap(), secret);
            }
        }
        assert_eq!(folded("E\u{301}LÈVE, abc"), "eleve  abc");
    }

    #[test]
    fn a_wrong_word_is_named() {
        for list in LISTS {
            let (_, words) = sheet(list);
            let other = list.text().lines().next().unwrap();
            for place in 0..WORDS {
                let mut wrong = words.clone();
                other.clone_into(&mut wrong[place]);
                if wrong == words {
                    continue;
                }
                assert_eq!(read(&wrong.join(" ")).unwrap_err(), PaperError::Wrong { places: vec![place + 1] });
            }
        }
    }

    #[test]
    fn two_that_changed_places_are_named() {
        let (_, words) = sheet(WordList::French);
        for first in 0..WORDS {
            for second in [first + 1, first + 2, first + 4, WORDS - 1].into_iter().filter(|second| (first + 1..WORDS).contains(second)) {
                let mut wrong = words.clone();
                wrong.swap(first, second);
                if wrong != words {
                    assert_eq!(read(&wrong.join(" ")).unwrap_err(), PaperError::Swapped { places: [first + 1, second + 1] });
                }
            }
        }
    }

    #[test]
    fn two_wrong_words_are_named_and_three_give_no_key() {
        let all: Vec<&str> = ENGLISH.lines().collect();
        for _ in 0..50 {
            let (_, words) = sheet(WordList::English);
            let mut rng = UnwrapErr(SysRng);
            let mut wrong = words.clone();
            let mut places = BTreeSet::new();
            while places.len() < 3 {
                let place = usize::try_from(rng.next_u32()).unwrap() % WORDS;
                let word = all[usize::try_from(rng.next_u32()).unwrap() % 2048];
                if words[place] == word || !places.insert(place + 1) {
                    continue;
                }
                word.clone_into(&mut wrong[place]);
                if places.len() == 2 {
                    assert_eq!(read(&wrong.join(" ")).unwrap_err(), PaperError::Wrong { places: places.iter().copied().collect() });
                }
            }
            assert!(read(&wrong.join(" ")).is_err());
        }
    }

    #[test]
    fn missing_words_and_words_of_no_list_are_told() {
        let (_, mut words) = sheet(WordList::English);
        assert_eq!(read("").unwrap_err(), PaperError::Count { found: 0 });
        assert_eq!(read(&words[1..].join(" ")).unwrap_err(), PaperError::Count { found: WORDS - 1 });
        "qqqq".clone_into(&mut words[6]);
        "isoloirs".clone_into(&mut words[51]);
        assert_eq!(read(&words.join(" ")).unwrap_err(), PaperError::Unknown { places: vec![7, 52] });
    }

    #[test]
    fn a_suggested_passphrase_has_six_words_of_the_list() {
        for list in LISTS {
            let passphrase = generate_passphrase(list, &mut UnwrapErr(SysRng));
            let words: Vec<&str> = passphrase.split(' ').collect();
            assert_eq!(words.len(), PASSPHRASE_WORDS);
            assert!(words.iter().all(|word| list.text().lines().any(|known| known == *word)));
        }
    }
}
