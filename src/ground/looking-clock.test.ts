/** Only time in which the process was awake counts, whenever the clock is read. */
import { expect, test } from 'vitest'
import { createVirtualClock } from '../drivers/scripted/clock.ts'
import { makeMachine } from '../server/run/machine.testing.ts'

test('advances with the steady clock, and stands still while the process is stopped', async () => {
  const clock = createVirtualClock(1_000_000)
  const machine = makeMachine(clock)
  const { looked } = machine.clocks
  const beganMs = looked()
  await clock.advance(600_000)
  expect(looked() - beganMs).toBe(600_000)
  await machine.pause(() => clock.advance(3_600_000))
  // A few seconds of the pause look like a slow moment.
  expect(looked() - beganMs).toBeGreaterThanOrEqual(600_000)
  expect(looked() - beganMs).toBeLessThanOrEqual(605_000)
  const afterMs = looked()
  await clock.advance(30_000)
  expect(looked() - afterMs).toBe(30_000)
})

test('does not move when the machine’s clock is set', async () => {
  const clock = createVirtualClock(1_000_000)
  const machine = makeMachine(clock)
  const beganMs = machine.clocks.looked()
  machine.setClock(-86_400_000)
  await clock.advance(1_000)
  machine.setClock(2 * 86_400_000)
  expect(machine.clocks.looked() - beganMs).toBe(1_000)
})
