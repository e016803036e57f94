/**
 * The results of a simulation: plain figures in hours, seconds and fractions, the same at every run
 * of the same scenario and seed.
 */
import { dueOf, weightOf } from './due.ts'
import type { Figures, ShareFigures } from './figures.ts'
import { spanMsOf } from './level.ts'
import { Samples } from './samples.ts'
import type { Scenario, ScenarioVariant } from './scenario.ts'
import type { Simulated } from './simulate.ts'
import type { Unfinished } from './unfinished.ts'

export interface Waits {
  /** Jobs submitted in the measured window that have started. */
  readonly jobs: number
  readonly p50Seconds: number
  readonly p95Seconds: number
  readonly maxSeconds: number
  readonly meanSeconds: number
}

export interface JobCounts {
  readonly submitted: number
  readonly succeeded: number
  readonly failed: number
  /** Still waiting or running when the simulation was over. */
  readonly unfinished: number
}

export interface ShareResults extends JobCounts {
  readonly waits: Waits
  readonly meanSlowdown: number
  readonly vcpuHours: number
  /**
   * What the share was due of all vCPU-hours of its queue: by weight, among the shares that had
   * work.
   */
  readonly dueVcpuHours: number
}

export interface QueueResults extends JobCounts {
  readonly waits: Waits
  readonly meanSlowdown: number
  readonly p95Slowdown: number
  /**
   * The fraction of the queue's vCPU-hours that went to another share than the one they were due
   * to. Absent without shares.
   */
  readonly shareError?: number
  readonly shares: Readonly<Record<string, ShareResults>>
  /** The wait in seconds that this percentage of jobs did not exceed: for 0, 1, … 100. */
  readonly waitPercentiles: readonly number[]
}

export interface Results {
  readonly variant: string
  readonly seed: number
  readonly window: { readonly fromHour: number; readonly toHour: number; readonly endedAtHour: number }
  readonly jobs: JobCounts & { readonly refused: Readonly<Record<string, number>> }
  /** By the name of the stream, for streams that have some. */
  readonly unfinished: Readonly<Record<string, Unfinished>>
  /** The used part of the capacity over the measured window, 0 to 1. */
  readonly utilisation: { readonly vcpus: number; readonly memory: number; readonly gpus?: number }
  readonly queues: Readonly<Record<string, QueueResults>>
  readonly attempts: {
    readonly started: number
    /** Stopped because others needed the place, or because the price rose. */
    readonly interrupted: number
    /** Their host failed. */
    readonly lost: number
    readonly timedOut: number
    readonly hostFailures: number
    /** What interrupted or lost attempts had used. */
    readonly lostVcpuHours: number
  }
  readonly cost: {
    readonly onDemandVcpuHours: number
    readonly spotVcpuHours: number
    readonly onDemand: number
    readonly spot: number
  }
  readonly loop: {
    readonly turns: number
    readonly events: number
    readonly passes: number
    readonly placements: number
    readonly mostPlacementsInAPass: number
  }
  /** By equal spans of the measured window. */
  readonly curves: {
    readonly spanHours: number
    readonly utilisation: readonly number[]
    readonly jobsWaiting: readonly number[]
  }
}

const hourMs = 3_600_000

export function resultsOf({ variant, scenario }: ScenarioVariant, simulated: Simulated): Results {
  const { figures, counts } = simulated
  const { window, used, capacity, spot } = figures
  // Everything may be over before the window ends. The hosts then stand idle.
  const endMs = Math.max(simulated.endMs, window.toMs)
  const queues = Object.fromEntries(
    Object.keys(scenario.jobQueues).map((name) => [name, queueResults(scenario, name, figures, endMs)]),
  )
  const share = (kind: keyof typeof used) => ratio(used[kind].total(endMs), capacity[kind].total(endMs))
  const spotHours = spot.total(endMs) / hourMs
  const onDemandHours = used.vcpus.total(endMs) / hourMs - spotHours
  const spanMs = spanMsOf(window)
  const inUse = used.vcpus.sums(endMs)
  const offered = capacity.vcpus.sums(endMs)
  return {
    variant,
    seed: scenario.seed,
    window: {
      fromHour: window.fromMs / hourMs,
      toHour: window.toMs / hourMs,
      endedAtHour: rounded(simulated.endMs / hourMs),
    },
    jobs: { ...sumOf(Object.values(queues)), refused: Object.fromEntries(simulated.refused) },
    unfinished: Object.fromEntries(simulated.unfinished),
    utilisation: {
      vcpus: share('vcpus'),
      memory: share('memoryMib'),
      ...(capacity.gpus.total(endMs) > 0 ? { gpus: share('gpus') } : {}),
    },
    queues,
    attempts: {
      started: figures.attempts,
      interrupted: figures.interrupted,
      lost: figures.lost,
      timedOut: figures.timedOut,
      hostFailures: simulated.hostFailures,
      lostVcpuHours: rounded(figures.lostWork / hourMs),
    },
    cost: {
      onDemandVcpuHours: rounded(onDemandHours),
      spotVcpuHours: rounded(spotHours),
      onDemand: rounded(onDemandHours * scenario.prices.onDemandVcpuHour),
      spot: rounded(spotHours * scenario.prices.spotVcpuHour),
    },
    loop: {
      turns: counts.turns,
      events: counts.events,
      passes: counts.passes,
      placements: counts.placed,
      mostPlacementsInAPass: counts.largestPass,
    },
    curves: {
      spanHours: spanMs / hourMs,
      utilisation: [...inUse].map((sum, at) => ratio(sum, offered[at]!)),
      jobsWaiting: [...figures.jobsWaiting.sums(endMs)].map((sum) => rounded(sum / spanMs)),
    },
  }
}

function queueResults(scenario: Scenario, name: string, figures: Figures, endMs: number): QueueResults {
  const shares = [...(figures.queues.get(name) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  const waits = new Samples()
  const slowdowns = new Samples()
  for (const [, share] of shares) {
    waits.pushAll(share.waits)
    slowdowns.pushAll(share.slowdowns)
  }
  const { schedulingPolicy, fairnessBy } = scenario.jobQueues[name]!
  const weights = scenario.schedulingPolicies[schedulingPolicy ?? fairnessBy ?? '']?.shareDistribution ?? {}
  const uses = shares.map(([identifier, share]) => {
    const used = share.used.sums(endMs)
    const waiting = share.waiting.sums(endMs)
    return { claim: 1 / weightOf(weights, identifier), used, wanted: used.map((it, at) => it + waiting[at]!) }
  })
  const due = dueOf(uses)
  const used = uses.map((use) => use.used.reduce((sum, it) => sum + it, 0))
  const total = used.reduce((sum, it) => sum + it, 0)
  const wrong = used.reduce((sum, it, at) => sum + Math.abs(it - due[at]!), 0) / 2
  const results = shares.map(([, share], at) => shareResults(share, used[at]!, due[at]!))
  return {
    ...sumOf(results),
    waits: waitsOf(waits),
    meanSlowdown: rounded(slowdowns.mean),
    p95Slowdown: rounded(slowdowns.quantile(0.95)),
    ...(shares.length > 1 ? { shareError: ratio(wrong, total) } : {}),
    shares: Object.fromEntries(shares.map(([identifier], at) => [identifier, results[at]!])),
    waitPercentiles: Array.from({ length: 101 }, (_, percent) => rounded(waits.quantile(percent / 100) / 1000)),
  }
}

function shareResults(share: ShareFigures, used: number, due: number): ShareResults {
  const { submitted, succeeded, failed } = share
  return {
    ...{ submitted, succeeded, failed, unfinished: submitted - succeeded - failed },
    waits: waitsOf(share.waits),
    meanSlowdown: rounded(share.slowdowns.mean),
    vcpuHours: rounded(used / hourMs),
    dueVcpuHours: rounded(due / hourMs),
  }
}

function waitsOf(waits: Samples): Waits {
  const seconds = (share: number) => rounded(waits.quantile(share) / 1000)
  return {
    jobs: waits.length,
    p50Seconds: seconds(0.5),
    p95Seconds: seconds(0.95),
    maxSeconds: seconds(1),
    meanSeconds: rounded(waits.mean / 1000),
  }
}

function sumOf(counts: readonly JobCounts[]): JobCounts {
  const sum = (member: keyof JobCounts) => counts.reduce((so, it) => so + it[member], 0)
  return {
    submitted: sum('submitted'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    unfinished: sum('unfinished'),
  }
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole)
}

/**
 * Six digits: more would mean nothing, and would depend on the order in which floating-point
 * numbers are added.
 */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
