/**
 * Ids made of what they stand for: the same text has the same id on every machine, in every
 * version.
 */
import { hash } from 'node:crypto'

/** The first `digits` hexadecimal digits, at most 64, of the text's SHA-256. */
export function stableId(text: string, digits = 64): string {
  return hash('sha256', text, 'hex').slice(0, digits)
}

/** All 32 bytes of the text's SHA-256, for an id of another form. */
export function stableBytes(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}
