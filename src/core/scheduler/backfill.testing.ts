/** For tests of backfill: three hosts of different sizes, and what runs on them. */
import { type LiveAttempt, liveAttempt } from '../../model/job.ts'
import { attemptEnded } from '../job/attempt.ts'
import { rulesOfAws } from '../state/state.ts'
import { exited, hostOf, hostsSeen, makeWorld, type World } from '../world.testing.ts'

export const rules = { ...rulesOfAws, backfill: true }
const hosts = [hostOf('h1', { vcpus: 4 }), hostOf('h2', { vcpus: 8 }), hostOf('h3', { vcpus: 6 })]

export function backfillWorld(): World {
  const world = makeWorld(undefined, rules)
  world.checksEachStep = false
  world.do(hostsSeen(...hosts))
  return world
}

export interface Running {
  readonly jobId: string
  readonly attempt: LiveAttempt
}

export function running(world: World): Running[] {
  return [...world.state.jobs.values()].flatMap((job) => {
    const attempt = liveAttempt(job)
    return attempt ? [{ jobId: job.jobId, attempt }] : []
  })
}

export function end(world: World, { jobId, attempt }: Running): void {
  world.do(attemptEnded({ jobId, attempt: attempt.number, outcome: exited(0) }))
}
