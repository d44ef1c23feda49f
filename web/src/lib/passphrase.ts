// How strong a passphrase is, roughly and pessimistically.

export type Strength = "weak" | "fair" | "good";

/** Bits an attacker must guess at least, if the passphrase is not in a dictionary as a whole. */
export function estimateBits(passphrase: string): number {
  const words = passphrase.trim().split(/[\s-]+/).filter((word) => /^\p{L}{3,}$/u.test(word));
  const characters = [...passphrase];
  let distinctRuns = 0;
  characters.forEach((character, i) => {
    const before = characters[i - 1];
    const step = before === undefined ? 99 : (character.codePointAt(0) ?? 0) - (before.codePointAt(0) ?? 0);
    // Repeats and keyboard-like sequences (aaaa, 1234, abcd) add almost nothing.
    if (step !== 0 && Math.abs(step) !== 1) distinctRuns += 1;
  });
  const variety = new Set(characters.map((c) => c.toLowerCase())).size;
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9\s-]/].filter((kind) => kind.test(passphrase)).length;
  const perCharacter = words.length >= 4 ? 2.2 : 1.6 + classes * 0.8;
  return Math.min(distinctRuns * perCharacter, variety * 8);
}

/** `weak` is refused: the key file may be copied, and the passphrase is then all that protects it. */
export function strength(passphrase: string): Strength {
  const bits = estimateBits(passphrase);
  if ([...passphrase].length < 12 || bits < 36) return "weak";
  return bits < 55 ? "fair" : "good";
}
