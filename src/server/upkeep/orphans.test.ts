/** Which attempts are removed that drivers hold and nobody follows. */
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { attemptEnded } from '../../core/job/attempt.ts'
import { exited, makeWorld, place, submit } from '../../core/world.testing.ts'
import type { AttemptSpec, Driver } from '../../drivers/driver.ts'
import { driverWith } from '../../drivers/driver-with.testing.ts'
import { ScriptedDriver } from '../../drivers/scripted/scripted-driver.ts'
import { attemptName } from '../../model/job.ts'
import { createMemoryStore } from '../../store/memory/memory-store.testing.ts'
import { TurnChanges } from '../loop/changes.ts'
import { Orphans } from './orphans.ts'

const graceMs = 60_000

/** An engine, a core that knows some jobs, and the repeated search for orphans. */
function makeSite() {
  const store = createMemoryStore()
  const world = makeWorld((events, state) => store.append(new TurnChanges(state, events).withCalls([], 0)))
  const driver = new ScriptedDriver()
  const inHand = new Set<string>()
  const leftAlone = new Set<string>()
  let nowMs = 0
  let looks = 0
  let onLook = () => {}
  const watched: Driver = driverWith(driver, {
    async list() {
      looks++
      onLook()
      return driver.list()
    },
  })
  const orphans = new Orphans({
    drivers: new Map([['scripted', watched]]),
    loop: { memoryTrouble: undefined, state: world.state },
    store,
    isFollowed: (name) => inHand.has(name),
    isLeftAlone: (driverName, name) => driverName === 'scripted' && leftAlone.has(name),
    looked: () => nowMs,
    log: pino({ level: 'silent' }),
    everyMs: 1,
    graceMs,
  })
  return {
    world,
    inHand,
    leftAlone,
    orphans,
    driver,
    async hold(...names: string[]) {
      const spec = { jobId: 'j', attempt: 1, command: ['wait'], environment: {} } as unknown as AttemptSpec
      for (const name of names) await driver.start({ ...spec, name })
    },
    /** Returns what is left after a whole search that begins `ms` later. */
    async leftAfter(ms: number): Promise<string[]> {
      nowMs += ms
      const enough = looks + 2
      await new Promise<void>((resolve) => {
        onLook = () => looks >= enough && resolve()
      })
      return (await driver.list()).sort()
    },
  }
}

let site = makeSite()
afterEach(async () => {
  await site.orphans.stop()
  await site.driver.close()
  site = makeSite()
})

const partsOf = (name: string) => [name, `${name}.n0c0`, `${name}.n12c3`]

test('live attempts are kept, with all their containers', async () => {
  const jobId = submit(site.world)
  place(site.world)
  const names = partsOf(attemptName(jobId, 1))
  await site.hold(...names)
  site.orphans.start()
  expect(await site.leftAfter(0)).toEqual(names)
  expect(await site.leftAfter(10 * graceMs)).toEqual(names)
})

test('ended attempts are removed at once, with all their containers; the next attempt’s containers stay', async () => {
  const jobId = submit(site.world, { retryStrategy: { attempts: 2 } })
  place(site.world)
  site.world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(1) }))
  place(site.world)
  const second = partsOf(attemptName(jobId, 2))
  await site.hold(...partsOf(attemptName(jobId, 1)), ...second)
  site.orphans.start()
  expect(await site.leftAfter(0)).toEqual(second)
})

test('an attempt that its supervision is removing is left to it', async () => {
  const jobId = submit(site.world)
  place(site.world)
  site.world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
  const [name, part] = partsOf(attemptName(jobId, 1))
  await site.hold(name!, part!)
  site.inHand.add(part!)
  site.orphans.start()
  expect(await site.leftAfter(0)).toEqual([part])
})

test('an attempt that must be left alone is never removed, although no job knows it', async () => {
  const names = ['openbatch-nobody-1', 'openbatch-nobody-2']
  await site.hold(...names)
  site.leftAlone.add(names[0]!)
  site.orphans.start()
  await site.leftAfter(0)
  expect(await site.leftAfter(10 * graceMs)).toEqual([names[0]])
})

test('an attempt that no job knows is removed after a grace', async () => {
  const names = ['openbatch-nobody-1', 'openbatch-nobody-1.n0c0', 'stranger']
  await site.hold(...names)
  site.orphans.start()
  expect(await site.leftAfter(0)).toEqual(names)
  expect(await site.leftAfter(graceMs - 1)).toEqual(names)
  expect(await site.leftAfter(1)).toEqual([])
})
