/** Jobs wait for space on the disks of their hosts, and say so. */
import { describe, expect, test } from 'vitest'
import { liveAttempt } from '../../model/job.ts'
import { Explainer } from '../explain/explain.ts'
import { waitText } from '../explain/wait-reason.ts'
import { disksSeen, driverSeen } from '../instance/driver-seen.ts'
import { attemptEnded } from '../job/attempt.ts'
import { placeJobs } from '../job/place.ts'
import type { HostDisk } from '../state/host.ts'
import { type Rules, rulesOfAws } from '../state/state.ts'
import { exited, hostOf, hostsSeen, makeWorld, place, submit, type World } from '../world.testing.ts'

const gib = 1024
const rules: Rules = { ...rulesOfAws, assumedScratchMib: 100 }
const onDisk = (disk: HostDisk, name = 'h') => ({ ...hostOf(name, { vcpus: 64 }), disk })

function worldWith(disk: HostDisk, given: Rules = rules): World {
  const world = makeWorld(undefined, given)
  world.do(hostsSeen(onDisk(disk)))
  return world
}
const submitMany = (world: World, count: number) => Array.from({ length: count }, () => submit(world, { vcpus: 1 }))
const placed = (world: World, ids: readonly string[]) => ids.filter((id) => liveAttempt(world.job(id)) !== undefined)
const reasonOf = (world: World, id: string) => waitText(new Explainer(world.state, world.now).why(world.job(id))[0]!)
const end = (world: World, jobId: string) => world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
const see = (world: World, freeMib: number, written: Record<string, number> = {}) => {
  world.do(disksSeen('scripted', [{ hostName: 'h', freeMib, written: new Map(Object.entries(written)) }]))
  place(world)
}
const asking = (gibs: string) => ({ vcpus: 1, tags: { 'openbatch:scratchGiB': gibs } })

describe('a disk with 950 MiB for jobs', () => {
  test('takes nine that are expected to write 100 each, and the tenth says what it waits for', () => {
    const world = worldWith({ offeredMib: 950, freeMib: 950 })
    const ids = submitMany(world, 12)
    place(world)
    expect(placed(world, ids)).toEqual(ids.slice(0, 9))
    expect(reasonOf(world, ids[9]!)).toEqual(
      'Waiting for space on the disk: needs 100 MiB of scratch space; the disk of h has 50 MiB, beside what stays free and what running jobs may still write.',
    )
  })

  test('takes no other for one that ended until its files are seen to be gone', () => {
    const world = worldWith({ offeredMib: 950, freeMib: 950 })
    const ids = submitMany(world, 12)
    place(world)
    end(world, ids[0]!)
    place(world)
    expect(placed(world, ids)).toEqual(ids.slice(1, 9))
    // All wrote what was expected, and the files of the ended one are gone.
    const names = ids.slice(1, 9).map((id) => liveAttempt(world.job(id))!.name)
    see(world, 150, Object.fromEntries(names.map((name) => [name, 100])))
    expect(placed(world, ids)).toEqual(ids.slice(1, 10))
  })

  test('takes none while it is fuller than it may be, and all again later', () => {
    const world = worldWith({ offeredMib: 950, freeMib: -10 }, rulesOfAws)
    const ids = submitMany(world, 3)
    place(world)
    expect(placed(world, ids)).toEqual([])
    expect(reasonOf(world, ids[0]!)).toBe(
      'Waiting for space on the disk: the disk of h is fuller than it may be, by 10 MiB.',
    )
    see(world, 500)
    expect(placed(world, ids)).toEqual(ids)
  })

  test('counts what attempts may still write, and no more once they wrote it', () => {
    const world = worldWith({ offeredMib: 950, freeMib: 950 })
    const [first = '', second = ''] = [submit(world, asking('0.5')), submit(world, asking('0.45'))]
    place(world)
    expect(placed(world, [first, second])).toEqual([first])
    const { name } = liveAttempt(world.job(first))!
    see(world, 470, { [name]: 512 })
    expect(placed(world, [first, second])).toEqual([first, second])
  })
})

test('a job that asks for more than any disk offers is told so in AWS’s words', () => {
  const world = worldWith({ offeredMib: 40 * gib, freeMib: 30 * gib })
  const tooLarge = submit(world, asking('41'))
  const fits = submit(world, asking('30'))
  place(world)
  expect(reasonOf(world, tooLarge)).toMatch(
    /^MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - .* The job asks for 41 GiB of scratch space; the largest disk offers 40 GiB\.$/,
  )
  expect(placed(world, [tooLarge, fits])).toEqual([fits])
})

test('a job takes the host whose disk has room', () => {
  const world = makeWorld(undefined, rules)
  world.do(hostsSeen(onDisk({ offeredMib: gib, freeMib: 0 }, 'full'), onDisk({ offeredMib: gib, freeMib: gib }, 'h')))
  const jobId = submit(world, { vcpus: 1 })
  place(world)
  expect(liveAttempt(world.job(jobId))?.hostName).toBe('h')
})

test('a job that does not say starts on a very small disk, and is expected to write an eighth of it', () => {
  const world = worldWith({ offeredMib: 40, freeMib: 12 })
  const ids = submitMany(world, 3)
  place(world)
  expect(placed(world, ids)).toEqual(ids.slice(0, 2))
})

test('a host whose disk is not watched never makes a job wait', () => {
  const world = makeWorld(undefined, rules)
  world.do(hostsSeen(hostOf('h', { vcpus: 64 })))
  const jobId = submit(world, asking('99999'))
  place(world)
  expect(placed(world, [jobId])).toEqual([jobId])
})

test('with much free, the space of an ended attempt is given out at once', () => {
  const world = worldWith({ offeredMib: 100 * gib, freeMib: 60 * gib })
  const [first = '', second = ''] = [submit(world, asking('40')), submit(world, asking('30'))]
  place(world)
  expect(placed(world, [first, second])).toEqual([first])
  end(world, first)
  world.do(placeJobs())
  expect(placed(world, [second])).toEqual([second])
})

test('an unchanged disk is no news, a nearly full one is at every change', () => {
  const world = worldWith({ offeredMib: 950, freeMib: 950 })
  const seen = (freeMib: number) => disksSeen('scripted', [{ hostName: 'h', freeMib, written: new Map() }])
  const isNews = (freeMib: number) => {
    const decision = seen(freeMib)(world.state, { now: 0, newId: () => '' })
    return decision.kind === 'accepted' && decision.events.length > 0
  }
  expect([isNews(950), isNews(949)]).toEqual([false, true])
  world.do(hostsSeen(onDisk({ offeredMib: 99_000, freeMib: 90_000 }, 'h')))
  world.do(seen(90_000))
  expect([isNews(89_999), isNews(89_000)]).toEqual([false, true])
})

describe('news of a disk', () => {
  const isNews = (world: World, freeMib: number, written: Record<string, number> = {}, driver = 'scripted') => {
    const seen = disksSeen(driver, [{ hostName: 'h', freeMib, written: new Map(Object.entries(written)) }])
    const decision = seen(world.state, { now: 0, newId: () => '' })
    return decision.kind === 'accepted' && decision.events.length > 0
  }

  test('is also that running jobs wrote what they were expected to', () => {
    const world = worldWith({ offeredMib: 60 * gib, freeMib: 50 * gib })
    const [first = '', second = ''] = [submit(world, asking('30')), submit(world, asking('24'))]
    place(world)
    const { name } = liveAttempt(world.job(first))!
    // The disk is looked at more often than what is in directories.
    see(world, 25 * gib)
    expect(placed(world, [first, second])).toEqual([first])
    see(world, 25 * gib, { [name]: 29 * gib })
    expect(placed(world, [first, second])).toEqual([first, second])
  })

  test('is every change while a job waits, so that one reaches it that it just fits in', () => {
    const world = worldWith({ offeredMib: 60 * gib, freeMib: 30 * gib - 100 })
    const jobId = submit(world, asking('30'))
    place(world)
    expect(placed(world, [jobId])).toEqual([])
    expect(isNews(world, 30 * gib - 100)).toBe(false)
    see(world, 30 * gib)
    expect(placed(world, [jobId])).toEqual([jobId])
  })

  test('is no reason to plan where there is less room than before', () => {
    const world = worldWith({ offeredMib: 950, freeMib: 150 })
    const ids = submitMany(world, 3)
    place(world)
    expect(placed(world, ids)).toEqual(ids.slice(0, 1))
    const seen = (freeMib: number) => world.do(disksSeen('scripted', [{ hostName: 'h', freeMib, written: new Map() }]))
    seen(120)
    expect(world.state.schedulingDue).toBe(false)
    seen(400)
    expect(world.state.schedulingDue).toBe(true)
  })

  test('of drivers with one disk does not repeat itself, as each knows what its own attempts wrote', () => {
    const world = makeWorld(undefined, rules)
    const host = { ...onDisk({ offeredMib: 950, freeMib: 950 }), machine: 'this one' }
    const { disk: _, ...unwatched } = host
    // The first to name the host does not know its disk.
    world.do(hostsSeen(unwatched))
    world.do(driverSeen({ driver: 'other', health: { kind: 'healthy' }, hosts: [host] }))
    const room = () => world.state.drivers.get('scripted')?.index.slot('h')?.disk?.freeMib
    expect(room()).toBe(950)
    const [jobId = ''] = submitMany(world, 1)
    place(world)
    const { name } = liveAttempt(world.job(jobId))!
    see(world, 890, { [name]: 60 })
    expect(room()).toBe(850)
    expect(isNews(world, 890, {}, 'other')).toBe(false)
    world.do(disksSeen('other', [{ hostName: 'h', freeMib: 800, written: new Map() }]))
    expect(room()).toBe(760)
    expect(isNews(world, 800, { [name]: 60 })).toBe(false)
  })
})

describe('a head that waits for the disk, with backfill', () => {
  const backfill: Rules = { ...rules, backfill: true }
  const asks = (gibs: number) => asking(String(gibs))

  test('is passed by jobs that leave it its space, and by no others, however many come', () => {
    const world = worldWith({ offeredMib: 1000 * gib, freeMib: 1000 * gib }, backfill)
    const [long = '', short = ''] = [submit(world, asks(600)), submit(world, asks(300))]
    place(world)
    const head = submit(world, asks(380))
    const passing = submit(world, asks(30))
    place(world)
    expect(placed(world, [long, short, head, passing])).toEqual([long, short, passing])
    end(world, short)
    const later = submit(world, asks(10))
    see(world, 1000 * gib)
    // The long job leaves 400, and the one that passed has 30 of them.
    expect(placed(world, [head, later])).toEqual([])
    expect(reasonOf(world, later)).toMatch(/^Waiting for space on the disk: what is free is kept for job/)
    end(world, passing)
    see(world, 1000 * gib)
    expect(placed(world, [head, later])).toEqual([head, later])
  })

  test('keeps nothing from jobs that write nothing', () => {
    const world = worldWith({ offeredMib: 1000 * gib, freeMib: 1000 * gib }, { ...backfill, assumedScratchMib: 0 })
    submit(world, asks(900))
    place(world)
    const head = submit(world, asks(950))
    const quiet = submit(world, { vcpus: 1 })
    place(world)
    expect(placed(world, [head, quiet])).toEqual([quiet])
  })

  test('reserves a host whose disk is large enough', () => {
    const world = makeWorld(undefined, backfill)
    const small = {
      ...onDisk({ offeredMib: 100 * gib, freeMib: 100 * gib }, 'small'),
      capacity: hostOf('x', { vcpus: 200 }).capacity,
    }
    world.do(hostsSeen(small, onDisk({ offeredMib: 1000 * gib, freeMib: 1000 * gib }, 'h')))
    submit(world, asks(900))
    place(world)
    submit(world, asks(500))
    place(world)
    expect([...world.state.reservations.get('q')!.claims.keys()]).toEqual(['h'])
  })
})

test('a head that waits for vCPUs keeps its space on the disk too', () => {
  const world = makeWorld(undefined, { ...rules, backfill: true })
  const disk = { offeredMib: 1000 * gib, freeMib: 1000 * gib }
  world.do(hostsSeen({ ...onDisk(disk), capacity: hostOf('h', { vcpus: 4 }).capacity }))
  const busy = submit(world, { vcpus: 3, tags: { 'openbatch:scratchGiB': '1' } })
  place(world)
  const head = submit(world, { vcpus: 3, tags: { 'openbatch:scratchGiB': '900' } })
  const greedy = submit(world, { vcpus: 1, tags: { 'openbatch:scratchGiB': '200' } })
  const modest = submit(world, { vcpus: 1, tags: { 'openbatch:scratchGiB': '80' } })
  place(world)
  expect(placed(world, [busy, head, greedy, modest])).toEqual([busy, modest])
})
