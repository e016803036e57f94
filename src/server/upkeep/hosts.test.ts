/** What drivers report about themselves is logged once, as one readable text. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Driver } from '../../drivers/driver.ts'
import { Hosts } from './hosts.ts'

test('a driver’s notes are logged as sentences', async () => {
  const logged: { msg: string }[] = []
  const log = pino({ base: undefined }, { write: (line) => logged.push(JSON.parse(line)) })
  const notes = ['jobs may do what the user may', 'the settings a and b are not enforced', 'It is rootless.']
  const driver = { health: async () => ({ kind: 'healthy', hosts: [], notes }) } as unknown as Driver
  const asked: unknown[] = []
  const loop = { execute: async (command: unknown) => void asked.push(command) } as never
  const options = { drivers: new Map([['process', driver]]), loop, log, installationId: 'x', everyMs: 1 }
  const hosts = new Hosts(options)
  await hosts.start()
  await expect.poll(() => asked.length).toBeGreaterThan(2)
  await hosts.stop()
  expect(logged.map(({ msg }) => msg)).toEqual([
    'Jobs may do what the user may. The settings a and b are not enforced. It is rootless.',
  ])
})
