/**
 * The listener for jobs: opening is tried until it succeeds, and the log says once why it fails.
 */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { ConnectionRoom } from '../../ground/connection-room.ts'
import { JobDoor } from './job-door.ts'

test('the reason why jobs cannot reach the server is logged once, in one line and without a stack', async () => {
  const logged: Record<string, unknown>[] = []
  const log = pino({ base: undefined }, { write: (line) => logged.push(JSON.parse(line)) })
  let tries = 0
  let triedAgain = () => {}
  const again = new Promise<void>((resolve) => {
    triedAgain = resolve
  })
  const hostAddress = async () => {
    if (++tries === 2) triedAgain()
    throw new Error('no engine')
  }
  const door = new JobDoor({
    hostAddress,
    listening: new Set(),
    mainHost: '127.0.0.1',
    port: 1,
    handle: () => {},
    connections: new ConnectionRoom(10),
    log,
  })
  await door.open()
  await again
  await door.close()
  expect(tries).toBe(2)
  expect(logged.map(({ time: _, ...line }) => line)).toEqual([
    { level: 40, why: 'no engine', msg: 'jobs in containers cannot reach this server yet; trying again' },
  ])
  expect(door.endpoint).toBeUndefined()
})
