/** `GET /api/jobs/{id}/why`: the reasons in order, for jobs, children and nodes, and what is said of those that wait for nothing. */

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { type RequestToSign, signRequest } from '../../../../../test/support/signed-request.ts'
import { policiesOf } from '../../../../access/policies.testing.ts'
import type { Principal } from '../../../../access/principal.ts'
import type { Key } from '../../../../access/signature.ts'
import { Explainer } from '../../../../core/explain/explain.ts'
import { attemptEnded, attemptStarted } from '../../../../core/job/attempt.ts'
import { terminateJob } from '../../../../core/job/cancel.ts'
import { registerJobDefinition } from '../../../../core/job-definition/decide.ts'
import { exited, makeWorld, needs, place, submit, type World } from '../../../../core/world.testing.ts'
import { PendingStarts } from '../../../../server/run/pending-starts.ts'
import type { Backend } from '../../../context.ts'
import { createApi } from '../../../server.ts'
import { own } from '../service.ts'

const ada: Key<Principal> = {
  ...{ accessKeyId: 'KEYada', secretAccessKey: 'secret-of-ada', disabled: false },
  owner: { name: 'ada', userId: 'AIDAADA', policies: policiesOf('user') },
}

/** The edge on a state of the core. */
function edgeOn(world: World, pending = new PendingStarts()) {
  const backend = {
    pending,
    ...{ account: '123456789012', region: 'us-west-2' },
    loop: {
      state: world.state,
      get explainer() {
        return new Explainer(world.state, world.now)
      },
    },
    logs: {
      getEvents: async () => ({ events: [{ message: 'almost done' }, { message: 'x'.repeat(600) }] }),
    },
    store: {
      getJobs: (ids: readonly string[]) =>
        new Map(ids.flatMap((id) => (world.finished.has(id) ? [[id, world.finished.get(id)!] as const] : []))),
    },
  } as unknown as Backend
  const { app } = createApi({
    ...{ backend, services: [own()], now: Date.now, logger: pino({ level: 'silent' }) },
    findKey: (id) => (id === ada.accessKeyId ? ada : undefined),
  })
  const ask = async (path: string, more: Partial<RequestToSign> = {}) => {
    const answer = await app.inject(await signRequest(ada, { method: 'GET', path, ...more }))
    return { status: answer.statusCode, body: answer.json() }
  }
  return { app, ask, why: (jobId: string) => ask(`/api/jobs/${encodeURIComponent(jobId)}/why`) }
}

test('a starting job shows its driver’s last reason', async () => {
  const world = makeWorld()
  const pending = new PendingStarts()
  const { why } = edgeOn(world, pending)
  const jobId = submit(world, {})
  place(world)
  const statusReason = 'Starting: the scripted driver is making it ready on h1.'
  const told = { jobId, status: 'STARTING', statusReason }
  expect((await why(jobId)).body).toEqual({ ...told, reasons: [] })
  const image = 'image busybox:1 is being pulled: 12 of 40 MiB'
  pending.note(`openbatch-${jobId}-1`, image)
  const reason = { kind: 'starting', why: image, text: `Being started: ${image}.` }
  expect((await why(jobId)).body).toEqual({ ...told, reasons: [reason] })
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  expect((await why(jobId)).body).toEqual({ jobId, status: 'RUNNING', reasons: [] })
})

test('reasons come in order, each with its data, its text and AWS’s code', async () => {
  const world = makeWorld()
  const { why } = edgeOn(world)
  const running = submit(world, { vcpus: 3 })
  const head = submit(world, { vcpus: 2 })
  const behind = submit(world, { vcpus: 2 })
  const never = submit(world, { vcpus: 17 })
  place(world)
  const busy = {
    kind: 'hostsBusy',
    code: 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
    computeEnvironment: 'ce',
    wanted: { vcpus: 2, memoryMib: 512, gpus: 0 },
    largestFree: { vcpus: 1, memoryMib: 7680, gpus: 0 },
    holders: [running],
  }
  const text = `Waiting for capacity: needs 2 vCPU and 512 MiB; the host with the most room has 1 vCPU and 7680 MiB free. Held by j (${running} of ada, starting since 2027-01-15T08:00:00Z).`
  expect(await why(head)).toEqual({
    status: 200,
    body: { jobId: head, status: 'RUNNABLE', reasons: [{ ...busy, text }] },
  })
  expect((await why(behind)).body.reasons).toMatchObject([
    { kind: 'behind', position: 2, headJobId: head, head: { kind: 'hostsBusy' } },
    { ...busy, text },
  ])
  expect((await why(never)).body.reasons).toMatchObject([
    { kind: 'exceedsMaxvCpus', code: 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE', maxvCpus: 16 },
  ])
  expect((await why(submit(world, { dependsOn: [{ jobId: head }] }))).body).toMatchObject({
    ...{ status: 'PENDING', reasons: [{ kind: 'dependencies', jobs: [{ jobId: head, status: 'RUNNABLE' }] }] },
  })
})

test('children and nodes are addressed by their own ids', async () => {
  const world = makeWorld()
  const { why, ask } = edgeOn(world)
  submit(world, { vcpus: 4 })
  const array = submit(world, { arrayProperties: { size: 3 } })
  world.do(
    registerJobDefinition(
      {
        ...{ jobDefinitionName: 'nodes', type: 'multinode' },
        nodeProperties: {
          ...{ numNodes: 2, mainNode: 0 },
          nodeRangeProperties: [
            { targetNodes: '0:1', container: { image: 'busybox', resourceRequirements: needs(1, 64) } },
          ],
        },
      },
      'ada',
    ),
  )
  const nodes = submit(world, { jobDefinition: 'nodes' })
  place(world)
  const child = await why(`${array}:2`)
  const reasons = [{ kind: 'behind', position: 3, headJobId: `${array}:0` }, { kind: 'hostsBusy' }]
  expect(child).toMatchObject({ status: 200, body: { jobId: `${array}:2`, reasons } })
  // Some clients do not encode the colon.
  expect(await ask(`/api/jobs/${array}:2/why`)).toEqual(child)
  expect((await why(`${nodes}#1`)).body).toMatchObject({
    ...{ jobId: `${nodes}#1`, status: 'RUNNABLE', reasons: [{ kind: 'behind' }, { kind: 'hostsBusy' }] },
  })
  for (const unknown of [`${array}:3`, `${nodes}#2`, 'no-such-job'])
    expect(await why(unknown)).toEqual({ status: 404, body: { message: `Job ${unknown} not found.` } })
})

test('a started or ended job has no reasons, but the answer says what became of it', async () => {
  const world = makeWorld()
  const { why } = edgeOn(world)
  const jobId = submit(world)
  expect((await why(jobId)).body.reasons).toEqual([{ kind: 'aboutToStart', text: 'About to start.' }])
  place(world)
  expect((await why(jobId)).body).toEqual({
    ...{ jobId, status: 'STARTING', reasons: [] },
    statusReason: expect.stringMatching(/^Starting: /),
  })
  world.do(attemptStarted({ jobId, attempt: 1, startedAtMs: world.now }))
  expect((await why(jobId)).body).toEqual({ jobId, status: 'RUNNING', reasons: [] })
  const stop = { as: 'terminated', reason: 'enough', by: 'grace', atMs: expect.any(Number) }
  world.do(terminateJob({ jobId, reason: 'enough', by: 'grace' }))
  expect((await why(jobId)).body).toEqual({
    ...{ jobId, status: 'RUNNING', statusReason: 'Being stopped: enough', stop, reasons: [] },
  })
  world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(137) }))
  expect((await why(jobId)).body).toEqual({
    ...{ jobId, status: 'FAILED', statusReason: 'enough', stop, reasons: [] },
    ending: {
      ...{ attempt: 1, attemptsAllowed: 1, exitCode: 137, exitCodeMeaning: expect.stringContaining('SIGKILL') },
      notRetried: 'it was terminated, and what was is not tried again',
      log: {
        ...{ group: '/aws/batch/job', stream: expect.stringContaining('d/default/') },
        lastLines: ['almost done', 'x'.repeat(500)],
      },
    },
  })
})

test('an unknown caller, or one that signs for another service, learns nothing', async () => {
  const world = makeWorld()
  const { app, ask } = edgeOn(world)
  const path = `/api/jobs/${submit(world)}/why`
  expect((await app.inject(path)).statusCode).toBe(403)
  const other = await ask(path, { service: 'logs' })
  expect(other).toMatchObject({ status: 403, body: { message: expect.stringContaining("correct service: 'batch'") } })
})
