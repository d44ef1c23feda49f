// HPKE (RFC 9180) mode_base, single shot, DHKEM(X25519, HKDF-SHA256) / HKDF-SHA256 / ChaCha20Poly1305, from the Diffie-Hellman value on.

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concat, u16, utf8, type Bytes } from "./bytes.js";

const EMPTY = new Uint8Array(0);
const KEM = concat(utf8("KEM"), u16(0x0020));
const SUITE = concat(utf8("HPKE"), u16(0x0020), u16(0x0001), u16(0x0003));

function labeledExtract(suite: Bytes, salt: Bytes, label: string, key: Bytes): Bytes {
  return extract(sha256, concat(utf8("HPKE-v1"), suite, utf8(label), key), salt);
}

function labeledExpand(suite: Bytes, key: Bytes, label: string, info: Bytes, length: number): Bytes {
  return expand(sha256, key, concat(u16(length), utf8("HPKE-v1"), suite, utf8(label), info), length);
}

/** DHKEM's shared secret from the Diffie-Hellman value. */
export function sharedSecret(dh: Bytes, enc: Bytes, receiver: Bytes): Bytes {
  return labeledExpand(KEM, labeledExtract(KEM, EMPTY, "eae_prk", dh), "shared_secret", concat(enc, receiver), 32);
}

/** The private key that DeriveKeyPair makes, before clamping. */
export function derivePrivateKey(material: Bytes): Bytes {
  return labeledExpand(KEM, labeledExtract(KEM, EMPTY, "dkp_prk", material), "sk", EMPTY, 32);
}

/** Key and nonce of the first message. */
export function keySchedule(shared: Bytes, info: Bytes): { key: Bytes; nonce: Bytes } {
  const context = concat(
    Uint8Array.of(0),
    labeledExtract(SUITE, EMPTY, "psk_id_hash", EMPTY),
    labeledExtract(SUITE, EMPTY, "info_hash", info),
  );
  const secret = labeledExtract(SUITE, shared, "secret", EMPTY);
  return { key: labeledExpand(SUITE, secret, "key", context, 32), nonce: labeledExpand(SUITE, secret, "base_nonce", context, 12) };
}

export function seal(dh: Bytes, enc: Bytes, receiver: Bytes, info: Bytes, plaintext: Bytes, aad?: Bytes): Bytes {
  const { key, nonce } = keySchedule(sharedSecret(dh, enc, receiver), info);
  return chacha20poly1305(key, nonce, aad).encrypt(plaintext);
}

/** The plaintext, or nothing if the tag does not verify. */
export function open(dh: Bytes, enc: Bytes, receiver: Bytes, info: Bytes, ciphertext: Bytes): Bytes | undefined {
  const { key, nonce } = keySchedule(sharedSecret(dh, enc, receiver), info);
  try {
    return chacha20poly1305(key, nonce).decrypt(ciphertext);
  } catch {
    return undefined;
  }
}
