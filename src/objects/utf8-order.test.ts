import fc from 'fast-check'
import { test } from 'vitest'
import { compareUtf8 } from './utf8-order.ts'

test('texts are in the order of their bytes', () => {
  const character = fc.constantFrom('a', 'b', '\u00e4', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}')
  const text = fc.oneof(
    fc.array(character).map((all) => all.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, text, (a, b) => Math.sign(compareUtf8(a, b)) === Buffer.compare(Buffer.from(a), Buffer.from(b))),
    { numRuns: 500 },
  )
})
