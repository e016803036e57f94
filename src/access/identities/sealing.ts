/**
 * Seals small texts with a key of the installation: AES-256-GCM, bound to what they are for, so that
 * a sealed text cannot be put in another's place.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const ivBytes = 12
const tagBytes = 16

/** A key of the installation. */
export interface SealingKey {
  /** Eight hexadecimal digits. */
  readonly id: string
  /** 32 bytes. */
  readonly secret: Buffer
}

/**
 * Derives a key for one purpose. What is sealed for one purpose cannot be opened for another. Keep
 * the key: to derive one costs more than to use it, and Node would make a key object of a buffer at
 * each use.
 */
export function keyFor({ secret }: SealingKey, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `openbatch ${purpose}`, 32)))
}

/** Keeps the keys that are derived for one purpose as long as the keys they are derived from. */
export class DerivedKeys {
  readonly #purpose: string
  readonly #kept = new WeakMap<SealingKey, KeyObject>()

  constructor(purpose: string) {
    this.#purpose = purpose
  }

  of(key: SealingKey): KeyObject {
    const known = this.#kept.get(key)
    if (known) return known
    const made = keyFor(key, this.#purpose)
    this.#kept.set(key, made)
    return made
  }
}

/** `bound` is not in the sealed bytes: whoever opens them must know it. */
export function seal(key: KeyObject, text: string, bound: string): Buffer {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(bound))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), sealed])
}

/** Undefined for bytes that were sealed with another key or for something else, or were changed. */
export function open(key: KeyObject, sealed: Buffer, bound: string): string | undefined {
  if (sealed.length < ivBytes + tagBytes) return undefined
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

/** The bytes of a text that is exactly their base64url: no two texts have the same bytes. */
export function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
