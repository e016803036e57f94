import { expect, test } from 'vitest'
import { stableBytes, stableId } from './stable-id.ts'

test('an id is the beginning of the SHA-256 of its text, which is stored and must never change', () => {
  expect(stableId('openbatch')).toBe('a90d187334e68f2ba90004ba9e6b0982f68d853b28c3442b7d9855087c68dff8')
  expect(stableId('openbatch', 12)).toBe(stableId('openbatch').slice(0, 12))
  expect(stableBytes('openbatch').toString('hex')).toBe(stableId('openbatch'))
  // A character outside ASCII is hashed as UTF-8.
  expect(stableId('é')).toBe('4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c')
})
