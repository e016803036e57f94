/** The parts of a signature claim that can be checked without the signature. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatLongDate, parseLongDate } from './signed-request.ts'

test('reads a date back as it was written', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 })
  fc.assert(
    fc.property(seconds, (second) => {
      expect(parseLongDate(formatLongDate(second * 1000))).toBe(second * 1000)
    }),
  )
})

test.each(['20260231T000000Z', '20261301T000000Z', '20260001T000000Z', '20260101T240000Z', '20260101T006000Z'])(
  '%s is not a date',
  (text) => expect(parseLongDate(text)).toBeNaN(),
)
