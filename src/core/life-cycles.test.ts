/**
 * How compute environments and job queues are created, changed and deleted, with AWS's texts
 * (docs/aws §9.1, §10).
 */
import { describe, expect, test } from 'vitest'
import { driverTag } from '../model/compute-environment.ts'
import type { ComputeResourceUpdate } from '../model/generated/batch.ts'
import {
  createComputeEnvironment,
  deleteComputeEnvironment,
  settleComputeEnvironment,
  updateComputeEnvironment,
} from './compute-environment/decide.ts'
import { describeComputeEnvironment } from './compute-environment/read.ts'
import { Explainer } from './explain/explain.ts'
import { waitText } from './explain/wait-reason.ts'
import { driverSeen } from './instance/driver-seen.ts'
import { attemptEnded } from './job/attempt.ts'
import { submitJob } from './job/submit.ts'
import { deleteJobQueue, settleJobQueue, updateJobQueue } from './job-queue/decide.ts'
import { driverOf } from './state/state.ts'
import {
  environmentRequest,
  exited,
  hostOf,
  hostsSeen,
  makeWorld,
  place,
  queueRequest,
  story,
  submit,
} from './world.testing.ts'

describe('a compute environment', () => {
  story('is CREATING, then VALID', (world) => {
    world.do(environmentRequest('new'))
    world.saw({ type: 'computeEnvironmentChanged', computeEnvironment: { status: 'CREATING' } } as never, {
      type: 'settleComputeEnvironment',
      name: 'new',
    })
    expect(world.refused(queueRequest('early', ['new'])).message).toContain(
      'Compute Environments must be created and valid before attaching them to a job queue',
    )
    world.do(settleComputeEnvironment('new'))
    world.saw({ type: 'computeEnvironmentChanged' })
    expect(world.state.computeEnvironments.get('new')).toMatchObject({
      status: 'VALID',
      statusReason: 'ComputeEnvironment Healthy',
    })
    world.do(settleComputeEnvironment('new'))
  })

  story('is INVALID while the driver its tag names is not configured, and recovers', (world) => {
    world.do(
      createComputeEnvironment({
        computeEnvironmentName: 'slurm',
        type: 'MANAGED',
        tags: { [driverTag]: 'slurm' },
        computeResources: {
          type: 'EC2',
          minvCpus: 0,
          maxvCpus: 4,
          instanceTypes: ['optimal'],
          instanceRole: 'r',
          subnets: [],
        },
      }),
    )
    world.settle()
    expect(world.state.computeEnvironments.get('slurm')).toMatchObject({
      status: 'INVALID',
      statusReason:
        'CLIENT_ERROR - The tag openbatch:driver names the driver slurm, which is not configured. Configured: scripted.',
    })
    // Bookings of an earlier run's attempts do not make the driver configured.
    driverOf(world.state, 'slurm')
    world.do(settleComputeEnvironment('slurm'))
    expect(world.state.computeEnvironments.get('slurm')!.status).toBe('INVALID')
    world.do(driverSeen({ driver: 'slurm', health: { kind: 'unreachable', why: 'away' } }))
    world.settle()
    expect(world.state.computeEnvironments.get('slurm')!.status).toBe('VALID')
    world.lookAway()
  })

  test('accepts no name twice, and no change during a change', () => {
    const world = makeWorld()
    expect(world.refused(environmentRequest('ce'))).toMatchObject({ message: 'Object already exists', httpStatus: 409 })
    world.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources: { maxvCpus: 2 } }))
    expect(world.state.computeEnvironments.get('ce')).toMatchObject({ status: 'UPDATING', maxvCpus: 2 })
    expect(world.refused(updateComputeEnvironment({ computeEnvironment: 'ce', state: 'DISABLED' })).message).toBe(
      'Cannot update, resource is being modified',
    )
    expect(world.refused(deleteComputeEnvironment('ce')).message).toBe('Cannot delete, resource is being modified')
  })

  story('is deleted DISABLED, detached, and when its last attempt has ended', (world) => {
    const jobId = submit(world)
    place(world)
    expect(world.refused(deleteComputeEnvironment('ce')).message).toBe('Cannot delete, state must be DISABLED')
    world.do(updateComputeEnvironment({ computeEnvironment: 'ce', state: 'DISABLED' }))
    world.settle()
    expect(world.refused(deleteComputeEnvironment('ce')).message).toBe(
      'Cannot delete, found existing JobQueue relationship',
    )
    world.do(environmentRequest('other'))
    world.settle()
    world.do(updateJobQueue({ jobQueue: 'q', computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'other' }] }))
    world.settle()
    world.lookAway()
    world.do(deleteComputeEnvironment('ce'))
    world.saw({ type: 'computeEnvironmentChanged' }, { type: 'settleComputeEnvironment', name: 'ce' })
    world.do(settleComputeEnvironment('ce'))
    world.do(deleteComputeEnvironment('ce'))
    world.nothingElseHappened()
    world.do(attemptEnded({ jobId, attempt: 1, outcome: exited(0) }))
    world.saw({ type: 'attemptEnded' }, { type: 'settleComputeEnvironment', name: 'ce' })
    world.do(settleComputeEnvironment('ce'))
    world.saw({ type: 'computeEnvironmentGone', name: 'ce' })
    expect(world.refused(deleteComputeEnvironment('ce')).message).toBe('ComputeEnvironment ce not found.')
  })

  test('shows the vCPUs in use as desiredvCpus', () => {
    const world = makeWorld()
    submit(world, { vcpus: 3 })
    place(world)
    const shown = describeComputeEnvironment(world.state, world.state.computeEnvironments.get('ce')!)
    expect(shown.computeResources).toMatchObject({ desiredvCpus: 3, minvCpus: 0, maxvCpus: 16 })
  })

  test('shows the requested desiredvCpus, within minvCpus and maxvCpus, unless more are in use', () => {
    const world = makeWorld()
    const update = (computeResources: ComputeResourceUpdate) => {
      world.do(updateComputeEnvironment({ computeEnvironment: 'ce', computeResources }))
      world.settle()
      return shown()
    }
    const shown = () =>
      describeComputeEnvironment(world.state, world.state.computeEnvironments.get('ce')!).computeResources?.desiredvCpus
    expect(update({ desiredvCpus: 2 })).toBe(2)
    submit(world, { vcpus: 3 })
    place(world)
    expect(shown()).toBe(3)
    expect(update({ desiredvCpus: 8 })).toBe(8)
    expect(update({ maxvCpus: 6 })).toBe(6)
    expect(update({ minvCpus: 6 })).toBe(6)
    const tooFew = updateComputeEnvironment({
      ...{ computeEnvironment: 'ce' },
      computeResources: { minvCpus: 0, desiredvCpus: 5 },
    })
    expect(world.refused(tooFew).message).toContain('Manually scaling down compute environment is not supported.')
  })
})

describe('a job queue', () => {
  story('is CREATING, then VALID', (world) => {
    world.do(queueRequest('new', ['ce']))
    world.saw({ type: 'jobQueueChanged' }, { type: 'settleJobQueue', name: 'new' })
    world.do(settleJobQueue('new'))
    world.saw({ type: 'jobQueueChanged' })
    expect(world.state.jobQueues.get('new')).toMatchObject({ status: 'VALID', statusReason: 'JobQueue Healthy' })
    expect(world.refused(queueRequest('new', ['ce']))).toMatchObject({
      message: 'Object already exists',
      httpStatus: 409,
    })
  })

  story('DISABLED takes no new jobs, and goes on with those it has', (world) => {
    const jobId = submit(world)
    world.do(updateJobQueue({ jobQueue: 'q', state: 'DISABLED' }))
    world.settle()
    const refusal = world.refused(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd' }, 'ada'))
    expect(refusal.message).toBe('Job Queue q is not in ENABLED state.')
    place(world)
    expect(world.job(jobId).state.status).toBe('STARTING')
    world.lookAway()
  })

  story('deleted, ends its jobs as AWS says: JobQueue deleted', (world) => {
    const running = submit(world, { vcpus: 4, retryStrategy: { attempts: 5 } })
    const array = submit(world, { arrayProperties: { size: 3 } })
    const waiting = submit(world)
    place(world)
    expect(world.refused(deleteJobQueue('q')).message).toBe('Cannot delete, state must be DISABLED')
    world.do(updateJobQueue({ jobQueue: 'q', state: 'DISABLED' }))
    expect(world.refused(deleteJobQueue('q')).message).toBe('Cannot delete, resource is being modified')
    world.settle()
    world.lookAway()
    world.do(deleteJobQueue('q'))
    world.saw({ type: 'jobQueueChanged' }, { type: 'settleJobQueue', name: 'q' })
    const { message } = world.refused(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd' }, 'ada'))
    expect(message).toBe('JobQueue q not found.')
    place(world)
    expect(waitText(new Explainer(world.state, world.now).explain(world.job(waiting))!)).toBe(
      'Ending: its job queue is being deleted.',
    )
    world.lookAway()
    world.do(settleJobQueue('q'))
    world.saw(
      { type: 'attemptStopping', jobId: running, cause: { kind: 'queueDeleted' } },
      { type: 'stopAttempt', jobId: running },
      { type: 'jobMarked', jobId: array },
      { type: 'childrenHalted', jobId: array, statusReason: 'JobQueue deleted' },
      { type: 'jobFinished', jobId: array },
      { type: 'settleJobQueue', name: 'q' },
      { type: 'jobFinished', jobId: waiting },
      { type: 'settleJobQueue', name: 'q' },
    )
    expect(world.job(waiting).state).toMatchObject({ status: 'FAILED', statusReason: 'JobQueue deleted' })
    expect(world.job(waiting)).not.toHaveProperty('isTerminated')
    world.do(settleJobQueue('q'))
    world.nothingElseHappened()
    world.do(attemptEnded({ jobId: running, attempt: 1, outcome: exited(143) }))
    world.saw({ type: 'attemptEnded' }, { type: 'settleJobQueue' })
    expect(world.job(running).state).toMatchObject({ status: 'FAILED', statusReason: 'JobQueue deleted' })
    world.do(settleJobQueue('q'))
    world.saw({ type: 'jobQueueGone', name: 'q' })
  })

  test('that is deleted with more jobs than one decision ends starts none of the rest', () => {
    const world = makeWorld()
    world.do(hostsSeen(hostOf('h1', { vcpus: 1 })))
    world.checksEachStep = false
    const jobIds = Array.from({ length: 1200 }, () => submit(world))
    world.checksEachStep = true
    world.do(updateJobQueue({ jobQueue: 'q', state: 'DISABLED' }))
    world.do(settleJobQueue('q'))
    world.do(deleteJobQueue('q'))
    let passes = 0
    while (world.state.jobQueues.has('q') && passes < 10) {
      place(world)
      world.do(settleJobQueue('q'))
      passes++
    }
    expect(passes).toBe(4)
    expect(jobIds.every((id) => world.job(id).attempts.length === 0)).toBe(true)
  })
})
