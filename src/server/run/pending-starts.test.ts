import { expect, test } from 'vitest'
import { PendingStarts } from './pending-starts.ts'

test('the last reason of each container counts until the container runs', () => {
  const pending = new PendingStarts()
  expect(pending.why('openbatch-a-1')).toBeUndefined()
  pending.note('openbatch-a-1', 'its turn')
  pending.note('openbatch-a-1', 'its image')
  expect(pending.why('openbatch-a-1')).toBe('its image')
  expect(pending.why('openbatch-a-2')).toBeUndefined()
  pending.forget('openbatch-a-1')
  expect(pending.why('openbatch-a-1')).toBeUndefined()
  pending.forget('openbatch-a-1')
})

test('reports the first pending container of an attempt with several, or the one of the given node', () => {
  const pending = new PendingStarts()
  pending.note('openbatch-a-1.n0c1', 'the first')
  pending.note('openbatch-a-1.n1c0', 'the second')
  pending.note('openbatch-a-1.n10c0', 'the eleventh')
  expect(pending.why('openbatch-a-1')).toBe('the first')
  expect(pending.why('openbatch-a-1', 1)).toBe('the second')
  expect(pending.why('openbatch-a-1', 2)).toBeUndefined()
  pending.forget('openbatch-a-1.n0c1')
  expect(pending.why('openbatch-a-1')).toBe('the second')
})
