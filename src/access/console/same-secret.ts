/** Compares secrets in a time that tells nothing of them, not even their length. */
import { timingSafeEqual } from 'node:crypto'
import { stableBytes } from '../../ground/stable-id.ts'

export function isSameSecret(shown: string, secret: string): boolean {
  return timingSafeEqual(stableBytes(shown), stableBytes(secret))
}
