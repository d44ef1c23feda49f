//! The demonstration's roll: invented people with invented numbers and addresses, in sections that French parties really have abroad.

use std::fmt::Write;

/// Sections abroad with their parts of a hundred members; the last ones are smaller than the smallest group that is counted by itself.
pub const SECTIONS: [(&str, u32); 20] = [
    ("Londres", 12),
    ("Bruxelles", 11),
    ("Berlin", 9),
    ("Genève", 8),
    ("Madrid", 7),
    ("Barcelone", 7),
    ("Montréal", 7),
    ("New York", 6),
    ("Luxembourg", 5),
    ("Lisbonne", 5),
    ("Munich", 4),
    ("Milan", 4),
    ("Rome", 3),
    ("San Francisco", 3),
    ("Tunis", 2),
    ("Dakar", 2),
    ("Mexico", 2),
    ("São Paulo", 1),
    ("Dubaï", 1),
    ("Tokyo", 1),
];

const FIRST: [&str; 25] = [
    "Camille",
    "Léa",
    "Zoé",
    "Inès",
    "Jeanne",
    "Noémie",
    "Fatou",
    "Chloé",
    "Agnès",
    "Maëlle",
    "Hugo",
    "Théo",
    "Jérôme",
    "Karim",
    "Noël",
    "Loïc",
    "Malik",
    "Rémi",
    "Étienne",
    "Gaël",
    "Aïssa",
    "Sacha",
    "Maxence",
    "Élise",
    "Bérénice",
];
const LAST: [&str; 24] = [
    "Aubrac",
    "Belmont",
    "Chevalet",
    "Delorme-Petit",
    "Estève",
    "Fontanel",
    "Garrigue",
    "Hourdin",
    "Isambert",
    "Jourdanet",
    "Kermarec",
    "Lavigne",
    "Maçon",
    "Nivelle",
    "Ouvrard",
    "Pélissier",
    "Quéré",
    "Roussillon",
    "Saint-Aubin",
    "Tessier",
    "Ursule",
    "Vauquelin",
    "Wattel",
    "Yvert",
];

/// The roll of a registrar as a spreadsheet would save it: `;`, accents, leading zeros. Every registrar has another address of each member.
#[must_use]
pub fn csv(members: u32, registrar: u32) -> String {
    let mut text = String::from("Numéro;Prénom;Nom;Courriel;Section;Langue\r\n");
    for number in 0..members {
        let (first, last) = (pick(&FIRST, number), pick(&LAST, number.wrapping_mul(7).wrapping_add(number / 25)));
        let channel = if registrar == 0 { "boite" } else { "autre-boite" };
        let language = if number.checked_rem(4) == Some(3) { "en" } else { "fr" };
        let place = section(number, members);
        let _ = write!(
            text,
            "{:06};{first};{last};{channel}.{number:04}@example.org;{place};{language}\r\n",
            4_207_u32.wrapping_add(number.wrapping_mul(31))
        );
    }
    text
}

/// The section of a member: in order, each as large as its part says.
fn section(number: u32, members: u32) -> &'static str {
    let mut until = 0_u32;
    for (name, part) in SECTIONS {
        until = until.saturating_add(part);
        if u64::from(number).saturating_mul(100) < u64::from(until).saturating_mul(u64::from(members)) {
            return name;
        }
    }
    SECTIONS.last().map_or("", |(name, _)| name)
}

fn pick<'a>(list: &[&'a str], number: u32) -> &'a str {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_rem(list.len()));
    index.and_then(|index| list.get(index)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registrar::roll_file;

    #[test]
    fn three_hundred_members_in_twenty_sections() {
        let sections: Vec<String> = SECTIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        for registrar in 0..2 {
            let roll = roll_file::parse(csv(300, registrar).as_bytes(), &sections).unwrap();
            assert_eq!(roll.members.len(), 300);
            assert!(roll.shared_addresses.is_empty());
            let sizes: Vec<usize> = (0..20).map(|group| roll.members.iter().filter(|member| member.group == group).count()).collect();
            assert_eq!(sizes.iter().sum::<usize>(), 300);
            assert!(sizes.iter().all(|size| *size >= 3), "{sizes:?}");
            assert!(sizes.iter().any(|size| *size < 5), "some sections are merged: {sizes:?}");
        }
    }
}
