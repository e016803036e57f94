/** The calls for extended attributes, which Node does not have. */
import { createRequire } from 'node:module'
import type { AttributeCalls } from './object-attributes.ts'

/** Undefined where the package has nothing for this platform. */
export function attributeCalls(): AttributeCalls | undefined {
  try {
    return createRequire(import.meta.url)('@napi-rs/xattr') as AttributeCalls
  } catch {
    return undefined
  }
}
