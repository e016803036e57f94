/**
 * The core's recording test double: it carries out commands as the loop does, without a store, a
 * driver or a clock. It records events and effects, and derives the invariants again after each
 * command. A test ends with «and nothing else happened».
 */
import { deserialize, serialize } from 'node:v8'
import { expect, test } from 'vitest'
import type { ComputeResource, SubmitJobRequest } from '../model/generated/batch.ts'
import { isTerminal, type Job, jobStatuses, liveAttempt } from '../model/job.ts'
import { isRefusal, type Refusal } from '../model/refusal.ts'
import { noResources, plus, type Resources } from '../model/resources.ts'
import { createComputeEnvironment, settleComputeEnvironment } from './compute-environment/decide.ts'
import type { Accepted, Command } from './decision.ts'
import type { Event } from './events.ts'
import { driverSeen } from './instance/driver-seen.ts'
import { brokenInvariants } from './invariants.ts'
import type { AttemptOutcome } from './job/attempt.ts'
import { placeJobs } from './job/place.ts'
import { submitJob } from './job/submit.ts'
import { registerJobDefinition } from './job-definition/decide.ts'
import { createJobQueue, settleJobQueue } from './job-queue/decide.ts'
import type { Effect } from './react.ts'
import { settleResource } from './settle-resource.ts'
import { resourcesOfNode } from './state/bookings.ts'
import { childrenOf } from './state/children.ts'
import { emptyState, type Rules, rulesOfAws, type State } from './state/state.ts'
import { Turn } from './turn.ts'

export const account = { account: '123456789012', region: 'us-west-2' }
export const startMs = 1_800_000_000_000

export const exited = (
  exitCode: number,
  more: { reason?: string; startedAtMs?: number; stoppedAtMs?: number } = {},
): AttemptOutcome => ({
  kind: 'exited',
  exitCode,
  outOfMemory: false,
  stoppedAtMs: 0,
  ...more,
})

/** Receives the events of each command, and the state after it, for a store that follows along. */
export type OnEvents = (events: readonly Event[], state: State) => void

export class World {
  readonly state: State
  now = startMs
  /** Finished jobs, as a store would keep them. */
  readonly finished = new Map<string, Job>()
  readonly #onEvents: OnEvents | undefined
  /** A test with very many jobs cannot derive everything again after each one. */
  checksEachStep = true
  readonly #unseen: (Event | Effect)[] = []
  #ids = 0

  constructor(onEvents?: OnEvents, rules: Rules = rulesOfAws, state = emptyState(account, 'scripted', rules)) {
    this.#onEvents = onEvents
    this.state = state
  }

  /** Carries out the command and returns its answer. A refusal fails the test. */
  do<Answer>(command: Command<Answer>): Answer {
    const decision = this.#decide(command)
    if (isRefusal(decision)) throw new Error(`refused: ${decision.message}`)
    this.#apply(decision)
    return decision.answer
  }

  /** For a command that must be refused. Nothing may follow from it. */
  refused(command: Command<unknown>): Refusal {
    const decision = this.#decide(command)
    if (!isRefusal(decision)) throw new Error(`accepted: ${JSON.stringify(decision)}`)
    return decision
  }

  /** Like `do`, for commands that may be refused: a random world cannot know. */
  try(command: Command<unknown>): void {
    const decision = this.#decide(command)
    if (!isRefusal(decision)) this.#apply(decision)
  }

  job(jobId: string): Job {
    const job = this.state.jobs.get(jobId) ?? this.finished.get(jobId)
    if (!job) throw new Error(`${jobId} has no record`)
    return job
  }

  /** The next event or effect that was not looked at has these members. */
  saw(...expected: (Partial<Event> | Partial<Effect>)[]): void {
    for (const one of expected) expect(this.#unseen.shift() ?? 'nothing').toMatchObject(one)
  }

  /** Skips what happened so far, which is not what the test is about. */
  lookAway(): Event[] {
    return this.#unseen.splice(0).filter((it) => !('type' in it && effectTypes.has(it.type))) as Event[]
  }

  nothingElseHappened(): void {
    expect(this.#unseen, 'and nothing else happened').toEqual([])
  }

  /** Completes everything that is CREATING, UPDATING or DELETING as far as possible now. */
  settle(): void {
    for (const name of this.state.computeEnvironments.keys()) this.do(settleComputeEnvironment(name))
    for (const name of this.state.jobQueues.keys()) this.do(settleJobQueue(name))
    for (const { kind, arn } of [...this.state.serviceEnvironments.values(), ...this.state.quotaShares.values()])
      this.do(settleResource(kind, arn))
  }

  newId = () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`

  #decide<Answer>(command: Command<Answer>) {
    this.now++
    const before = this.checksEachStep && sketch(this.state)
    const decision = command(this.state, { now: this.now, newId: this.newId })
    // Compared as bytes, which is many times faster. The values are read back only to show the
    // difference.
    if (before && !before.equals(sketch(this.state)))
      expect(deserialize(sketch(this.state)), 'deciding changes nothing').toEqual(deserialize(before))
    return decision
  }

  #apply(decision: Accepted<unknown>): void {
    const turn = new Turn(this.state, { now: this.now, newId: this.newId }, (event) => (effects) => {
      if (event.type !== 'endsFollowed') this.#unseen.push(event, ...effects)
      if (event.type === 'attemptPlaced') this.#checkRoom(event.jobId)
    })
    turn.apply(decision)
    this.#onEvents?.(turn.events, this.state)
    for (const event of turn.events) {
      const job = 'jobId' in event ? this.state.jobs.get(event.jobId) : undefined
      if (job && isTerminal(job.state.status)) this.finished.set(job.jobId, job)
    }
    turn.forget()
    if (this.checksEachStep) expect(brokenInvariants(this.state)).toEqual([])
  }

  /**
   * Placements never exceed the capacity in any dimension. Hosts and maxvCpus may shrink below it
   * later.
   */
  #checkRoom(jobId: string): void {
    const attempt = liveAttempt(this.job(jobId))!
    const environment = this.state.computeEnvironments.get(attempt.computeEnvironment)!
    const driver = this.state.drivers.get(attempt.driver)!
    if (driver.health.kind !== 'healthy' || environment.state !== 'ENABLED' || environment.driver !== attempt.driver)
      throw new Error(`${jobId} was placed through ${environment.name}, which cannot start it now`)
    expectAtMost(this.state.taken.get(environment.name)!.vcpus, environment.maxvCpus, 'maxvCpus')
    for (const { hostName } of attempt.nodes ?? [attempt]) {
      const host = driver.hosts.find((it) => it.hostName === hostName)!
      const taken = host.machine === undefined ? driver.index.slot(hostName)!.taken : this.#takenOf(host.machine)
      for (const kind of ['vcpus', 'memoryMib', 'gpus'] as const)
        expectAtMost(taken[kind], host.capacity[kind], `${kind} of ${hostName}`)
    }
    const { capacity, onDemandVcpus } = driver.index
    if (environment.spot)
      expectAtMost((100 * onDemandVcpus) / capacity.vcpus, environment.spot.bidPercentage, 'spot price')
  }

  /** Used by all attempts on that machine, whichever driver they were placed through. */
  #takenOf(machine: string): Resources {
    let taken = noResources
    for (const { spec, ...job } of this.state.jobs.values()) {
      const attempt = liveAttempt({ spec, ...job })
      for (const [node, { hostName }] of (attempt?.nodes ?? (attempt ? [attempt] : [])).entries()) {
        const { hosts } = this.state.drivers.get(attempt!.driver)!
        if (hosts.find((host) => host.hostName === hostName)?.machine === machine)
          taken = plus(taken, resourcesOfNode(spec, node))
      }
    }
    return taken
  }
}

/**
 * A plain comparison comes first: `expect` costs more than the rest of a placement, and worlds
 * place many thousands of times.
 */
function expectAtMost(value: number, bound: number, what: string): void {
  if (!(value <= bound)) expect(value, what).toBeLessThanOrEqual(bound)
}

const effectTypes = new Set<string>([
  'superviseAttempt',
  'stopAttempt',
  'wakeForTimeout',
  'settleComputeEnvironment',
  'settleJobQueue',
  'settleResource',
])

/**
 * Enough of a state to notice a change. Private fields are not included. The worlds of tests are
 * small.
 */
function sketch(state: State): Buffer {
  return serialize(state)
}

export const hostOf = (hostName: string, capacity: Partial<Resources> = {}) => ({
  hostName,
  instanceId: `i-${hostName.padStart(17, '0')}`,
  capacity: { vcpus: 4, memoryMib: 8192, gpus: 0, ...capacity },
})

export const hostsSeen = (...hosts: ReturnType<typeof hostOf>[]) =>
  driverSeen({ driver: 'scripted', health: { kind: 'healthy' }, hosts })

export const environmentRequest = (
  name: string,
  maxvCpus = 16,
  more: Partial<ComputeResource> = {},
  tags?: Record<string, string>,
) =>
  createComputeEnvironment({
    computeEnvironmentName: name,
    type: 'MANAGED',
    ...(tags ? { tags } : {}),
    computeResources: {
      type: 'EC2',
      minvCpus: 0,
      maxvCpus,
      instanceTypes: ['optimal'],
      instanceRole: 'r',
      subnets: [],
      ...more,
    },
  })

export const spotEnvironmentRequest = (name: string, maxvCpus = 16, bidPercentage = 100) =>
  environmentRequest(name, maxvCpus, { type: 'SPOT', bidPercentage })

export const queueRequest = (name: string, environments: readonly string[], priority = 1, policy?: string) =>
  createJobQueue({
    jobQueueName: name,
    priority,
    computeEnvironmentOrder: environments.map((computeEnvironment, order) => ({ order, computeEnvironment })),
    ...(policy === undefined
      ? {}
      : { schedulingPolicyArn: `arn:aws:batch:us-west-2:123456789012:scheduling-policy/${policy}` }),
  })

/**
 * One host of 4 vCPUs and 8 GiB, the environment `ce` of at most 16, the queue `q`, and the
 * definition `d` of 1 vCPU.
 */
export function makeWorld(onEvents?: OnEvents, rules?: Rules, checksEachStep = true): World {
  const world = new World(onEvents, rules)
  world.checksEachStep = checksEachStep
  world.do(hostsSeen(hostOf('h1')))
  world.do(environmentRequest('ce'))
  world.settle()
  world.do(queueRequest('q', ['ce']))
  world.settle()
  world.do(
    registerJobDefinition(
      {
        jobDefinitionName: 'd',
        type: 'container',
        containerProperties: { image: 'busybox', resourceRequirements: needs(1, 512), command: ['true'] },
      },
      'ada',
    ),
  )
  world.lookAway()
  return world
}

export const needs = (vcpus: number, memoryMib: number) => [
  { type: 'VCPU' as const, value: String(vcpus) },
  { type: 'MEMORY' as const, value: String(memoryMib) },
]

/** Submits to `q` and returns the job's id. */
export function submit(world: World, more: Partial<SubmitJobRequest> & { vcpus?: number } = {}): string {
  const { vcpus, ...request } = more
  const overrides = vcpus === undefined ? {} : { containerOverrides: { resourceRequirements: needs(vcpus, 512) } }
  return world.do(submitJob({ jobName: 'j', jobQueue: 'q', jobDefinition: 'd', ...overrides, ...request }, 'ada')).jobId
}

/** Makes scheduling passes until nothing is left to place. */
export function place(world: World): void {
  while (world.state.schedulingDue) world.do(placeJobs())
}

/** How many children of a live array have each status. */
export function childCounts(world: World, jobId: string): Record<string, number> {
  const job = world.job(jobId)
  const children = childrenOf(job)
  if (!children) throw new Error(`${jobId} is ${job.state.status}`)
  return Object.fromEntries(jobStatuses.map((status, code) => [status, children.counts[code]!]).filter((it) => it[1]))
}

/** A test of the core. Anything that happened and was not looked at fails it. */
export function story(name: string, tell: (world: World) => void): void {
  test(name, () => {
    const world = makeWorld()
    tell(world)
    world.nothingElseHappened()
  })
}
