/** What PutLogEvents takes of a batch. */
import { expect, test } from 'vitest'
import { limits } from '../model/limits.ts'
import { isRefusal } from '../model/refusal.ts'
import { takeEvents } from './put-events.ts'

const nowMs = 1_800_000_000_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs
const at = (...times: number[]) => times.map((timestamp) => ({ timestamp, message: 'm' }))

test('takes events up to 14 days old and two hours ahead, and says which it leaves out', () => {
  const whole = at(nowMs - 14 * dayMs, nowMs - 14 * dayMs + 1)
  expect(takeEvents(whole, nowMs, undefined)).toEqual({ events: whole, result: {} })
  const old = at(nowMs - 14 * dayMs - 2, nowMs - 14 * dayMs - 1, nowMs - 14 * dayMs)
  expect(takeEvents(old, nowMs, undefined)).toEqual({ events: old.slice(2), result: { tooOldEnd: 2 } })
  const ahead = at(nowMs, nowMs + 2 * hourMs, nowMs + 2 * hourMs + 1)
  expect(takeEvents(ahead, nowMs, undefined)).toEqual({ events: ahead.slice(0, 2), result: { tooNewStart: 2 } })
  const expired = at(nowMs - 3 * dayMs - 1, nowMs - 3 * dayMs)
  expect(takeEvents(expired, nowMs, 3)).toEqual({ events: expired.slice(1), result: { expiredEnd: 1 } })
})

test('all may be too old', () => {
  expect(takeEvents(at(1, 2), nowMs, undefined)).toEqual({ events: [], result: { tooOldEnd: 2 } })
})

test.each([
  ['none', [], "Value at 'logEvents' failed"],
  ['too many', Array.from({ length: limits.logPutEvents + 1 }, () => at(nowMs)[0]!), 'less than or equal to 10000'],
  ['an empty message', [{ timestamp: nowMs, message: '' }], "at 'logEvents.1.member.message' failed"],
  ['a negative time', at(-1), "at 'logEvents.1.member.timestamp' failed"],
  ['a long message', [{ timestamp: nowMs, message: 'é'.repeat(131_073) }], 'Log event too large: 262146 bytes'],
  ['a wrong order', at(nowMs, nowMs - 1), 'must be in chronological order.'],
  ['more than a day', at(nowMs - dayMs - 1, nowMs), 'cannot span more than 24 hours.'],
  [
    'more than 1 MiB with 26 bytes for each event',
    Array.from({ length: 9000 }, () => ({ timestamp: nowMs, message: 'x'.repeat(91) })),
    'Upload too large: 1053000 bytes exceeds limit of 1048576',
  ],
])('refuses %s', (_what, events, text) => {
  const refused = takeEvents(events, nowMs, undefined)
  expect(isRefusal(refused) && refused.message).toContain(text)
})
