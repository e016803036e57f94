/**
 * Scheduling passes: what one costs when a host becomes free, and when nothing can be placed, for
 * various numbers of waiting jobs. It measures the core alone, with states built by its commands:
 * 1,000 full hosts of 16 vCPUs, and 50 job queues. Also the memory of plain waiting jobs.
 *
 *     node test/bench/passes.ts KIND        one kind of work, as JSON
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createComputeEnvironment, settleComputeEnvironment } from '../../src/core/compute-environment/decide.ts'
import type { Command } from '../../src/core/decision.ts'
import { evolve } from '../../src/core/evolve.ts'
import { forgetFinished } from '../../src/core/forget.ts'
import { driverSeen } from '../../src/core/instance/driver-seen.ts'
import { attemptEnded } from '../../src/core/job/attempt.ts'
import { placeJobs } from '../../src/core/job/place.ts'
import { submitJob } from '../../src/core/job/submit.ts'
import { registerJobDefinition } from '../../src/core/job-definition/decide.ts'
import { createJobQueue, settleJobQueue } from '../../src/core/job-queue/decide.ts'
import { createSchedulingPolicy } from '../../src/core/scheduling-policy/decide.ts'
import { emptyState, type Rules, rulesOfAws, type State } from '../../src/core/state/state.ts'
import { limits } from '../../src/model/limits.ts'
import { isRefusal } from '../../src/model/refusal.ts'
import { heldBytes } from './held-bytes.ts'

/**
 * Plain queues; 10 shares in each; heads that need more than half of a host that becomes free; half
 * of everything on spot.
 */
export const passKinds = ['fifo', 'fairShare', 'backfill', 'spot'] as const
type PassKind = (typeof passKinds)[number]

export interface PassFigures {
  readonly kind: PassKind
  readonly waiting: number
  /** Jobs placed by the pass after the host became free. */
  readonly placed: number
  /** The time of that pass: plan, decide and evolve; the median and the longest of `rounds`. */
  readonly freedMs: number
  readonly freedMostMs: number
  /** The time of a pass that finds no room; the median. */
  readonly fullMs: number
  /** Bytes held for each waiting job. */
  readonly bytesPerJob: number
}

const hosts = 1_000
const queues = 50
const shares = 10
const rounds = 21
/** Rounds before these, so that the engine's compiler has seen the code. */
const warmUp = 10

/** 1,000, 10,000, 100,000, and as many as there may be live jobs. */
const waitingJobs = [1_000, 10_000, 100_000, limits.liveJobs - 2 * hosts]

/** Runs in a process of its own, so that memory left by other runs does not count. */
export async function measurePasses(kind: PassKind): Promise<PassFigures[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, kind])
  return JSON.parse(stdout) as PassFigures[]
}

function measurePass(kind: PassKind, waiting: number): PassFigures {
  const site = new Site(kind === 'backfill' ? { ...rulesOfAws, backfill: true } : rulesOfAws)
  site.open(kind)
  site.fill(kind)
  const before = heldBytes()
  site.submitWaiting(kind, waiting)
  const bytesPerJob = (heldBytes() - before) / waiting
  site.pass()

  const freed: number[] = []
  const full: number[] = []
  let placed = 0
  for (let round = 0; round < warmUp + rounds; round++) {
    site.endOne(round)
    const took = site.pass()
    const idle = site.pass()
    if (round < warmUp) continue
    placed = took.placed
    freed.push(took.ms)
    full.push(idle.ms)
  }
  return {
    kind,
    waiting,
    placed,
    freedMs: rounded(median(freed)),
    freedMostMs: rounded(Math.max(...freed)),
    fullMs: rounded(median(full)),
    bytesPerJob: Math.round(bytesPerJob),
  }
}

class Site {
  readonly state: State
  readonly #fillers: string[] = []
  #now = Date.UTC(2026, 0, 1)
  #ids = 0

  constructor(rules: Rules) {
    this.state = emptyState({ account: '123456789012', region: 'us-west-2' }, 'bench', rules)
  }

  open(kind: PassKind): void {
    const offered = Array.from({ length: hosts }, (_, at) => ({
      hostName: `h${at}`,
      instanceId: `i-${String(at).padStart(17, '0')}`,
      capacity: { vcpus: 16, memoryMib: 65_536, gpus: 0 },
    }))
    this.do(driverSeen({ driver: 'bench', health: { kind: 'healthy' }, hosts: offered }))
    for (const type of ['EC2', 'SPOT'] as const) {
      const computeEnvironmentName = type.toLowerCase()
      const request = {
        type,
        maxvCpus: hosts * 16,
        minvCpus: 0,
        instanceTypes: ['optimal'],
        instanceRole: 'r',
        subnets: [],
      }
      this.do(createComputeEnvironment({ computeEnvironmentName, type: 'MANAGED', computeResources: request }))
      this.do(settleComputeEnvironment(computeEnvironmentName))
    }
    this.do(createSchedulingPolicy({ name: 'p', fairsharePolicy: { shareDecaySeconds: 600 } }))
    for (let queue = 0; queue < queues; queue++) {
      const computeEnvironment = kind === 'spot' && queue % 2 === 1 ? 'spot' : 'ec2'
      const policy = 'arn:aws:batch:us-west-2:123456789012:scheduling-policy/p'
      this.do(
        createJobQueue({
          jobQueueName: `q${queue}`,
          priority: queue % 10,
          computeEnvironmentOrder: [{ order: 1, computeEnvironment }],
          ...(kind === 'fairShare' ? { schedulingPolicyArn: policy } : {}),
        }),
      )
      this.do(settleJobQueue(`q${queue}`))
    }
    this.do(
      registerJobDefinition(
        {
          jobDefinitionName: 'd',
          type: 'container',
          schedulingPriority: 0,
          containerProperties: { image: 'busybox', command: ['true'], resourceRequirements: needs(1) },
        },
        'ada',
      ),
    )
  }

  fill(kind: PassKind): void {
    const toAHost = kind === 'backfill' ? 2 : 1
    for (let at = 0; at < hosts * toAHost; at++) this.#fillers.push(this.#submit(kind, at % queues, 16 / toAHost))
    while (this.state.schedulingDue) this.pass()
  }

  submitWaiting(kind: PassKind, waiting: number): void {
    for (let at = 0; at < waiting; at++)
      this.#submit(kind, at % queues, kind === 'backfill' && at < queues ? 16 : 1, Math.floor(at / queues) % shares)
  }

  endOne(round: number): void {
    this.#now += 1000
    // Far apart, so that one half of each host stays.
    const jobId = this.#fillers[round * 4]!
    const outcome = { kind: 'exited', exitCode: 0, outOfMemory: false, stoppedAtMs: this.#now } as const
    const attempt = this.state.jobs.get(jobId)!.attempts.length + 1
    this.do(attemptEnded({ jobId, attempt, outcome }))
  }

  pass(): { readonly placed: number; readonly ms: number } {
    const startedAt = performance.now()
    const placed = this.do(placeJobs())
    return { placed, ms: performance.now() - startedAt }
  }

  do<Answer>(command: Command<Answer>): Answer {
    const decision = command(this.state, { now: this.#now, newId: this.#newId })
    if (isRefusal(decision)) throw new Error(`refused: ${decision.message}`)
    for (const event of decision.events) evolve(this.state, event)
    forgetFinished(this.state, decision.events)
    return decision.answer
  }

  #submit(kind: PassKind, queue: number, vcpus: number, share = 0): string {
    const request = {
      jobName: 'j',
      jobQueue: `q${queue}`,
      jobDefinition: 'd',
      ...(vcpus === 1 ? {} : { containerOverrides: { resourceRequirements: needs(vcpus) } }),
      ...(kind === 'fairShare' ? { shareIdentifier: `s${share}`, schedulingPriorityOverride: 0 } : {}),
    }
    return this.do(submitJob(request, 'ada')).jobId
  }

  readonly #newId = () => `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`
}

function needs(vcpus: number) {
  return [
    { type: 'VCPU' as const, value: String(vcpus) },
    { type: 'MEMORY' as const, value: '1024' },
  ]
}

function rounded(figure: number): number {
  return Math.round(figure * 100) / 100
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

if (process.argv[1] === import.meta.filename) {
  const kind = passKinds.find((it) => it === process.argv[2])
  if (!kind) throw new Error(`KIND is one of ${passKinds.join(', ')}`)
  process.stdout.write(`${JSON.stringify(waitingJobs.map((waiting) => measurePass(kind, waiting)))}\n`)
}
