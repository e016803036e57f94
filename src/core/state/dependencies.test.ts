/** Dependencies (docs/aws §3, §4), as stories. */
import { describe, expect, test } from 'vitest'
import { attemptEnded } from '../job/attempt.ts'
import { cancelJob, terminateJob } from '../job/cancel.ts'
import { placeJobs } from '../job/place.ts'
import { submitJob } from '../job/submit.ts'
import { makeRandomWorld } from '../random-beginning.testing.ts'
import { endedIn } from '../random-world.testing.ts'
import { childCounts, exited, hostOf, hostsSeen, place, story, submit, type World } from '../world.testing.ts'

const failedReason = 'Dependent Job failed'

function end(world: World, jobId: string, code = 0): void {
  place(world)
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(code) }))
  place(world)
}

const status = (world: World, jobId: string) => world.job(jobId).state.status
const after = (...jobIds: string[]) => ({ dependsOn: jobIds.map((jobId) => ({ jobId })) })

describe('a job', () => {
  story('waits for the jobs it depends on, all of them, and starts in the transaction of the last end', (world) => {
    const [a, b] = [submit(world), submit(world)]
    const c = submit(world, after(a, b))
    expect(status(world, c)).toBe('PENDING')
    end(world, a)
    expect(status(world, c)).toBe('PENDING')
    world.lookAway()
    world.do(attemptEnded({ jobId: b, attempt: 1, outcome: exited(0) }))
    world.saw({ type: 'attemptEnded', jobId: b }, { type: 'jobMadeRunnable', jobId: c })
  })

  story('fails with what it depends on, and those after it too', (world) => {
    const a = submit(world)
    const b = submit(world, after(a))
    const c = submit(world, after(b))
    end(world, a, 1)
    for (const jobId of [b, c])
      expect(world.job(jobId)).toMatchObject({ attempts: [], state: { status: 'FAILED', statusReason: failedReason } })
    world.lookAway()
  })

  story('is not failed by an attempt that is retried', (world) => {
    const a = submit(world, { retryStrategy: { attempts: 2 } })
    const b = submit(world, after(a))
    end(world, a, 1)
    expect(status(world, b)).toBe('PENDING')
    world.do(attemptEnded({ jobId: a, attempt: 2, outcome: exited(0) }))
    expect(status(world, b)).toBe('RUNNABLE')
    world.lookAway()
  })

  story('may depend on what has ended already', (world) => {
    const [good, bad] = [submit(world), submit(world)]
    end(world, good)
    end(world, bad, 1)
    const submitAfter = (jobId: string) =>
      world.do(
        submitJob(
          { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...after(jobId) },
          'ada',
          undefined,
          endedIn(world.finished),
        ),
      ).jobId
    expect(status(world, submitAfter(good))).toBe('RUNNABLE')
    expect(world.job(submitAfter(bad)).state).toMatchObject({ status: 'FAILED', statusReason: failedReason })
    world.lookAway()
  })

  story('may not depend on what nobody knows', (world) => {
    const request = { jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...after('3f0a') }
    expect(world.refused(submitJob(request, 'ada')).message).toContain('Job 3f0a not found.')
  })

  story('that is cancelled while it waits ends when what it waits for has ended, with the reason given', (world) => {
    const a = submit(world)
    const b = submit(world, after(a))
    const c = submit(world, after(b))
    world.do(cancelJob({ jobId: b, reason: 'not needed' }))
    expect(world.job(b)).toMatchObject({ isCancelled: true, state: { status: 'PENDING' } })
    world.do(terminateJob({ jobId: b, reason: 'a second reason changes nothing' }))
    end(world, a)
    expect(world.job(b).state).toMatchObject({ status: 'FAILED', statusReason: 'not needed' })
    expect(world.job(c).state).toMatchObject({ status: 'FAILED', statusReason: failedReason })
    world.lookAway()
  })

  story('waits for a single child of an array', (world) => {
    const array = submit(world, { arrayProperties: { size: 3 } })
    const b = submit(world, after(`${array}:1`))
    end(world, `${array}:0`)
    expect(status(world, b)).toBe('PENDING')
    end(world, `${array}:1`)
    expect(status(world, b)).not.toBe('PENDING')
    world.lookAway()
  })
})

describe('an array', () => {
  story('waits as a whole: its children are PENDING until then', (world) => {
    const a = submit(world)
    const array = submit(world, { arrayProperties: { size: 5 }, ...after(a) })
    expect(childCounts(world, array)).toEqual({ PENDING: 5 })
    world.do(cancelJob({ jobId: `${array}:3`, reason: 'r' }))
    place(world)
    world.do(attemptEnded({ jobId: a, attempt: 1, outcome: exited(0) }))
    expect(childCounts(world, array)).toEqual({ RUNNABLE: 4, FAILED: 1 })
    world.lookAway()
  })

  story('fails as a whole, children and all, with what it waits for', (world) => {
    const a = submit(world)
    const array = submit(world, { arrayProperties: { size: 10_000 }, ...after(a) })
    end(world, a, 1)
    expect(world.job(array).state).toMatchObject({
      status: 'FAILED',
      statusReason: failedReason,
      statusSummary: { FAILED: 10_000 },
      halted: { statusReason: failedReason },
    })
    world.lookAway()
  })

  story('N_TO_N: each child waits for its partner alone', (world) => {
    const first = submit(world, { arrayProperties: { size: 3 } })
    const second = submit(world, { arrayProperties: { size: 3 }, dependsOn: [{ jobId: first, type: 'N_TO_N' }] })
    expect(childCounts(world, second)).toEqual({ PENDING: 3 })
    end(world, `${first}:2`)
    expect(status(world, `${second}:2`)).toBe('STARTING')
    expect(childCounts(world, second)).toEqual({ PENDING: 2, STARTING: 1 })
    end(world, `${first}:0`, 1)
    expect(world.job(`${second}:0`).state).toMatchObject({ status: 'FAILED', statusReason: failedReason })
    end(world, `${second}:2`)
    end(world, `${first}:1`)
    end(world, `${second}:1`)
    expect(world.job(second).state).toMatchObject({
      status: 'FAILED',
      statusReason: 'Array Child Job failed',
      statusSummary: { SUCCEEDED: 2, FAILED: 1 },
    })
    world.lookAway()
  })

  story('N_TO_N takes arrays of one size only', (world) => {
    const first = submit(world, { arrayProperties: { size: 3 } })
    const plain = submit(world)
    const request = (jobId: string) =>
      submitJob(
        {
          jobName: 'j',
          jobQueue: 'q',
          jobDefinition: 'd',
          arrayProperties: { size: 4 },
          dependsOn: [{ jobId, type: 'N_TO_N' }],
        },
        'ada',
      )
    expect(world.refused(request(first)).message).toContain(`Array size should be that of job ${first}, which is 3`)
    expect(world.refused(request(plain)).message).toContain(`Job ${plain} is not an array job`)
    world.lookAway()
  })

  story('SEQUENTIAL: one child after the other, and a failure ends all that follow', (world) => {
    const array = submit(world, { arrayProperties: { size: 4 }, dependsOn: [{ type: 'SEQUENTIAL' }] })
    place(world)
    expect(childCounts(world, array)).toEqual({ STARTING: 1, PENDING: 3 })
    end(world, `${array}:0`)
    expect(childCounts(world, array)).toEqual({ SUCCEEDED: 1, STARTING: 1, PENDING: 2 })
    end(world, `${array}:1`, 1)
    expect(world.job(array).state).toMatchObject({
      status: 'FAILED',
      statusReason: 'Array Child Job failed',
      statusSummary: { SUCCEEDED: 1, FAILED: 3 },
      halted: { statusReason: failedReason },
    })
    world.lookAway()
  })
})

test('a chain and a diamond of 1,000 jobs resolve, each job in the transaction of the previous end', () => {
  const world = makeRandomWorld()
  world.checksEachStep = false
  const chain: string[] = []
  for (let index = 0; index < 1000; index++) chain.push(submit(world, index === 0 ? {} : after(chain.at(-1)!)))
  const top = submit(world)
  const middle = Array.from({ length: 998 }, () => submit(world, after(top)))
  const bottomAfter = (jobs: string[]) => submit(world, after(...jobs))
  // A job has at most 20 dependencies, so the diamond closes over joints.
  let joints = middle
  while (joints.length > 1) {
    const next: string[] = []
    for (let at = 0; at < joints.length; at += 20) next.push(bottomAfter(joints.slice(at, at + 20)))
    joints = next
  }
  world.do(hostsSeen(hostOf('h1', { vcpus: 10_000, memoryMib: 10_000_000 })))
  let commands = 0
  while (world.state.jobs.size > 0) {
    world.do(placeJobs())
    for (const job of [...world.state.jobs.values()])
      if (job.state.status === 'STARTING') {
        world.do(attemptEnded({ jobId: job.jobId, attempt: 1, outcome: exited(0) }))
        commands++
      }
  }
  expect(commands).toBe(world.finished.size)
  expect([...world.finished.values()].every((job) => job.state.status === 'SUCCEEDED')).toBe(true)
})

test('a chain of 1,000 jobs fails all the way in one transaction', () => {
  const world = makeRandomWorld()
  world.checksEachStep = false
  const chain: string[] = []
  for (let index = 0; index < 1000; index++) chain.push(submit(world, index === 0 ? {} : after(chain.at(-1)!)))
  world.do(terminateJob({ jobId: chain[0]!, reason: 'r' }))
  expect(world.state.jobs.size).toBe(0)
  expect(chain.slice(1).map((jobId) => (world.job(jobId).state as { statusReason: string }).statusReason)).toEqual(
    Array(999).fill(failedReason),
  )
})
