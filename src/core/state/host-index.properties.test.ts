/**
 * Compares the index of hosts with a walk over a list, whatever runs where, and whichever hosts
 * leave and return meanwhile.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LiveAttempt } from '../../model/job.ts'
import { minus, noResources, plus, type Resources } from '../../model/resources.ts'
import { propertyRuns } from '../property-runs.testing.ts'
import { hostOf } from '../world.testing.ts'
import { HostIndex } from './host-index.ts'

const names = ['h1', 'h2', 'h3', 'h4']
const amount = fc.record({
  vcpus: fc.integer({ min: 1, max: 24 }).map((quarters) => quarters / 4),
  memoryMib: fc.integer({ min: 1, max: 2048 }),
  gpus: fc.nat(2),
})
const step = fc.oneof(
  fc.record({ kind: fc.constant('hosts' as const), hosts: fc.dictionary(fc.constantFrom(...names), amount) }),
  fc.record({
    kind: fc.constant('begin' as const),
    host: fc.constantFrom(...names),
    amount,
    spot: fc.boolean(),
  }),
  fc.record({ kind: fc.constantFrom('end' as const, 'tell' as const), which: fc.nat(40) }),
)

interface Running {
  readonly host: string
  readonly amount: Resources
  readonly attempt: LiveAttempt
  told: boolean
}

test('free, used, spot and leaving amounts are what a walk over everything finds', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), amount, (steps, wanted) => {
      const index = new HostIndex()
      let hosts = new Map<string, Resources>()
      const running: Running[] = []
      let number = 0
      for (const it of steps) {
        if (it.kind === 'hosts') {
          hosts = new Map(Object.entries(it.hosts))
          index.setHosts([...hosts].map(([name, capacity]) => hostOf(name, capacity)))
        } else if (it.kind === 'begin') {
          const attempt = { name: `a${++number}`, instanceId: 'i', ...(it.spot ? { spot: 'SPOT' } : {}) } as LiveAttempt
          running.push({ host: it.host, amount: it.amount, attempt, told: false })
          index.book(it.host, `j${number}`, attempt, it.amount, 1)
        } else if (running.length > 0) {
          const at = it.which % running.length
          const one = running[at]!
          if (it.kind === 'end') {
            running.splice(at, 1)
            index.book(one.host, one.attempt.name, one.attempt, one.amount, -1)
          } else {
            one.told = one.attempt.spot !== undefined
            index.noteLeaving(one.host, one.attempt.name, undefined)
          }
        }
        compare(index, hosts, running, wanted)
      }
    }),
    propertyRuns(300),
  )
})

function compare(
  index: HostIndex,
  hosts: ReadonlyMap<string, Resources>,
  running: readonly Running[],
  wanted: Resources,
): void {
  const sum = (of: readonly Running[]) => of.reduce((all, it) => plus(all, it.amount), noResources)
  const on = (name: string) => running.filter(({ host }) => host === name)
  const expected = names
    .filter((name) => hosts.has(name) || on(name).length > 0)
    .map((name) => ({
      name,
      capacity: hosts.get(name) ?? noResources,
      taken: sum(on(name)),
      free: minus(hosts.get(name) ?? noResources, sum(on(name))),
      spot: sum(on(name).filter(({ attempt }) => attempt.spot)),
      leaving: sum(on(name).filter(({ told }) => told)),
      tenants: on(name).map(({ attempt }) => attempt.name),
    }))
  const found = [...index.slots()].map(({ host, taken, free, spot, leaving, tenants }) => ({
    name: host.hostName,
    capacity: host.capacity,
    ...{ taken, free, spot, leaving },
    tenants: [...tenants.keys()],
  }))
  expect(found.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(expected)

  const offered = expected.filter(({ name }) => hosts.has(name))
  expect(index.capacity).toEqual([...hosts.values()].reduce(plus, noResources))
  expect(index.onDemandVcpus).toBe(offered.reduce((all, { taken, spot }) => all + taken.vcpus - spot.vcpus, 0))
  expect(index.isFull).toBe(offered.every(({ free }) => free.vcpus <= 0))
  expect(namesOf(index.spotSlots())).toEqual(namesWith(expected, ({ spot }) => spot.vcpus > 0))
  expect(namesOf(index.leavingSlots())).toEqual(namesWith(expected, ({ leaving }) => leaving.vcpus > 0))

  const roomy = [...index.roomFor(wanted.vcpus)]
  expect(namesOf(roomy)).toEqual(namesWith(offered, ({ free }) => free.vcpus >= wanted.vcpus))
  const whole = roomy.map(({ free }) => Math.floor(free.vcpus))
  expect(whole, 'those with the least room come first').toEqual(whole.toSorted((a, b) => a - b))
  const most = Math.max(...offered.map(({ free }) => free.vcpus))
  if (offered.length > 0 && most >= 0)
    expect(Math.floor(index.mostFree(noResources)!.free.vcpus)).toBe(Math.floor(most))
  const could = [...hosts.values()].some(
    (size) => size.vcpus >= wanted.vcpus && size.memoryMib >= wanted.memoryMib && size.gpus >= wanted.gpus,
  )
  expect(index.couldHold(wanted)).toBe(could)
}

function namesOf(slots: Iterable<{ readonly host: { readonly hostName: string } }>): string[] {
  return [...slots].map(({ host }) => host.hostName).toSorted()
}

function namesWith<T extends { readonly name: string }>(of: readonly T[], test: (one: T) => boolean): string[] {
  return of
    .filter(test)
    .map(({ name }) => name)
    .toSorted()
}
