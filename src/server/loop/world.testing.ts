/** Compares two states: the one in memory, and the one that a restart would begin with. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import { restore } from '../../core/restore.ts'
import type { State } from '../../core/state/state.ts'
import type { Job } from '../../model/job.ts'
import type { Store } from '../../store/store.ts'

/** Expects everything that a restart must bring back to equal memory. */
export function expectSameAfterRestart(live: State, store: Store): void {
  const restored = restore(live.account, live.defaultDriver, store.load())
  const [again, now] = [facts(restored), facts(live)]
  // The strict comparison is many times faster. `expect` forgives an undefined member, and shows what differs.
  if (!isDeepStrictEqual(again, now)) expect(again).toEqual(now)
  for (const [queue, waiting] of live.waiting) {
    const again = restored.waiting.get(queue)
    for (const [share, line] of waiting.lines) {
      const unparked = [...(again?.lines.get(share) ?? [])].filter((id) => !waiting.parked.has(id))
      expect(unparked).toEqual([...line])
    }
    const everyone = (it: typeof again) => new Set([...(it?.lines.values() ?? [])].flatMap((line) => [...line]))
    expect(everyone(again)).toEqual(new Set([...everyone(waiting), ...waiting.parked]))
  }
}

function facts(state: State): unknown {
  const nonZero = (taken: ReadonlyMap<string, { vcpus: number }>) =>
    [...taken].filter(([, { vcpus }]) => vcpus !== 0).sort(([a], [b]) => a.localeCompare(b))
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => a.localeCompare(b))
  return {
    jobs: [...state.jobs.values()].sort((a, b) => a.seq - b.seq).map(factsOf),
    taken: nonZero(state.taken),
    onHosts: [...state.drivers.values()].flatMap((driver) =>
      nonZero(new Map([...driver.index.slots()].map(({ host, taken }) => [host.hostName, taken]))).map((it) => [
        driver.name,
        ...it,
      ]),
    ),
    shares: sorted(state.shares).map(([queue, uses]) => [queue, sorted(uses as ReadonlyMap<string, unknown>)]),
    liveJobs: sorted(state.liveJobs).filter(([, count]) => count !== 0),
    locked: sorted(state.locked).filter(([, quantity]) => quantity !== 0),
    consumableResources: sorted(state.consumableResources),
    jobQueues: sorted(state.jobQueues),
    computeEnvironments: sorted(state.computeEnvironments),
    definitionBytes: sorted(state.jobDefinitions.held.owners()),
    liveJobBytes: sorted(state.liveJobBytes.owners()),
    nextSeq: state.nextSeq,
  }
}

function factsOf(job: Job): unknown {
  if (job.state.status !== 'PENDING' || !job.state.children) return job
  // The time at which children last changed is not written with every child. After a restart it is
  // when the parent was last written.
  const { updatedAtMs: _, ...children } = job.state.children
  return { ...job, state: { status: 'PENDING', children } }
}
