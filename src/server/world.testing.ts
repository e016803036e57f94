/** Two states side by side: the one in memory, and the one a restart would begin with. */
import { expect } from 'vitest'
import { restore } from '../core/restore.ts'
import type { State } from '../core/state.ts'
import type { Job } from '../model/job.ts'
import type { Store } from '../store/store.ts'

/** Everything a restart must bring back is as it is in memory. */
export function expectSameAfterRestart(live: State, store: Store): void {
  const restored = restore(live.account, live.defaultDriver, store.load())
  expect(facts(restored)).toEqual(facts(live))
  for (const [queue, waiting] of live.waiting) {
    const again = restored.waiting.get(queue)
    for (const set of ['retried', 'fresh'] as const) {
      const unparked = [...(again?.[set] ?? [])].filter((id) => !waiting.parked.has(id))
      // Among jobs that failed in the same millisecond any order will do.
      const sorted = (ids: Iterable<string>) =>
        [...ids].sort((a, b) => turn(live.jobs.get(a)!) - turn(live.jobs.get(b)!))
      expect(set === 'retried' ? byTie(unparked, live) : unparked).toEqual(
        set === 'retried' ? byTie([...waiting[set]], live) : [...waiting[set]],
      )
      expect(sorted(waiting[set])).toEqual([...waiting[set]])
    }
    const everyone = new Set([...(again?.retried ?? []), ...(again?.fresh ?? [])])
    expect(everyone).toEqual(new Set([...waiting.retried, ...waiting.fresh, ...waiting.parked]))
  }
}

function turn(job: Job): number {
  return job.attempts.length > 0 && job.state.status === 'RUNNABLE' ? job.state.sinceMs : job.seq
}

function byTie(ids: string[], state: State): string[] {
  return ids.sort((a, b) => turn(state.jobs.get(a)!) - turn(state.jobs.get(b)!) || a.localeCompare(b))
}

function facts(state: State): unknown {
  const nonZero = (taken: ReadonlyMap<string, { vcpus: number }>) =>
    [...taken].filter(([, { vcpus }]) => vcpus !== 0).sort(([a], [b]) => a.localeCompare(b))
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => a.localeCompare(b))
  return {
    jobs: [...state.jobs.values()].sort((a, b) => a.seq - b.seq).map(factsOf),
    taken: nonZero(state.taken),
    onHosts: [...state.drivers.values()].flatMap((driver) => nonZero(driver.taken).map((it) => [driver.name, ...it])),
    liveJobs: sorted(state.liveJobs).filter(([, count]) => count !== 0),
    locked: sorted(state.locked).filter(([, quantity]) => quantity !== 0),
    consumableResources: sorted(state.consumableResources),
    jobQueues: sorted(state.jobQueues),
    computeEnvironments: sorted(state.computeEnvironments),
    jobDefinitions: sorted(state.jobDefinitions).map(([name, family]) => [name, family]),
    nextSeq: state.nextSeq,
  }
}

function factsOf(job: Job): unknown {
  if (job.state.status !== 'PENDING' || !job.state.children) return job
  // When the children last changed is not written with every child: after a restart it is when the parent was last written.
  const { updatedAtMs: _, ...children } = job.state.children
  return { ...job, state: { status: 'PENDING', children } }
}
