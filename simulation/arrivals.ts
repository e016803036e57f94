/**
 * The jobs of a scenario in the order of their submission, one at a time: a job does not exist
 * before its turn comes.
 */
import type { SubmitJobRequest } from '../src/model/generated/batch.ts'
import type { Resources } from '../src/model/resources.ts'
import { draw } from './distribution.ts'
import { createRandom, exponential, type Random, seedOf } from './random.ts'
import type { Scenario } from './scenario.ts'
import type { Stream } from './scenario-schema.ts'
import type { SwfJob } from './swf.ts'

const hourMs = 3_600_000

/** What a job is, beyond what the server learns. */
export interface Work {
  readonly stream: Stream
  readonly resources: Resources
  readonly arraySize: number | undefined
  /** The server does not learn it for a FIFO queue, but it is still measured. */
  readonly shareIdentifier: string | undefined
  /**
   * How long child `index` (0 for a single job) runs if nobody stops it. The same at every attempt.
   */
  runMs(index: number): number
  exitCode(index: number, attempt: number): number
}

export interface Arrival {
  readonly atMs: number
  /** The jobs that are submitted together, each waiting for the previous one. */
  readonly works: readonly Work[]
  /** In a trace: the job's own number, and that of the job it waits for. */
  readonly jobNumber?: number
  readonly precedingJob?: number | undefined
}

/** Endless or not. Times never go back. */
export interface Arrivals {
  next(): Arrival | undefined
}

export function arrivalsOf(scenario: Scenario, stream: Stream): Arrivals {
  const iterator =
    stream.trace === undefined ? generated(scenario, stream) : traced(stream, scenario.traces.get(stream.trace)!)
  const endMs = Math.min(scenario.hours, stream.toHour ?? Number.POSITIVE_INFINITY) * hourMs
  let left = stream.maxSubmissions ?? Number.POSITIVE_INFINITY
  return {
    next() {
      const arrival = left-- > 0 ? iterator.next().value : undefined
      return arrival && arrival.atMs < endMs ? arrival : undefined
    },
  }
}

function* generated(scenario: Scenario, stream: Stream): Generator<Arrival, undefined> {
  const streamSeed = seedOf(stream.name)
  let number = 0
  for (const atMs of timesOf(stream, createRandom(scenario.seed, streamSeed))) {
    const random = createRandom(scenario.seed, streamSeed, ++number)
    const vcpus = Math.max(0.25, draw(stream.vcpus ?? 1, random))
    const memoryMib =
      stream.memoryMib === undefined ? vcpus * (stream.memoryMibPerVcpu ?? 1024) : draw(stream.memoryMib, random)
    const arraySize = Math.round(draw(stream.arraySize ?? 1, random))
    const gpus = Math.max(0, Math.round(draw(stream.gpus ?? 0, random)))
    const shape = { resources: { vcpus, memoryMib: Math.max(4, Math.round(memoryMib)), gpus }, arraySize }
    const seeds = [scenario.seed, streamSeed, number]
    yield {
      atMs,
      works: Array.from({ length: stream.chain }, (_, at) => workOf(scenario, stream, [...seeds, at], shape)),
    }
  }
  return undefined
}

function workOf(
  scenario: Scenario,
  stream: Stream,
  seeds: readonly number[],
  { resources, arraySize }: { readonly resources: Resources; readonly arraySize: number },
): Work {
  // EC2 accepts only whole vCPUs.
  const first = scenario.jobQueues[stream.jobQueue]?.computeEnvironments[0] ?? ''
  const isFargate = scenario.computeEnvironments[first]?.type.startsWith('FARGATE')
  const vcpus = isFargate ? resources.vcpus : Math.max(1, Math.round(resources.vcpus))
  const duration = stream.durationSeconds!
  return {
    stream,
    resources: { ...resources, vcpus },
    arraySize: arraySize < 2 ? undefined : arraySize,
    shareIdentifier: stream.shareIdentifier,
    runMs: (index) =>
      Math.max(
        1,
        Math.round((typeof duration === 'number' ? duration : draw(duration, childRandom(seeds, index))) * 1000),
      ),
    exitCode: (index, attempt) =>
      stream.failureProbability > 0 && createRandom(...seeds, 2, index, attempt).next() < stream.failureProbability
        ? 1
        : 0,
  }
}

function childRandom(seeds: readonly number[], index: number): Random {
  return createRandom(...seeds, 1, index)
}

/**
 * A Poisson process whose rate changes at every full hour: exponential steps, stretched by the rate
 * of the hour they cross.
 */
function* timesOf(stream: Stream, random: Random): Generator<number> {
  const fromMs = stream.fromHour * hourMs
  if (stream.atSeconds) {
    for (const seconds of stream.atSeconds.toSorted((a, b) => a - b))
      if (seconds * 1000 >= fromMs) yield Math.round(seconds * 1000)
    return
  }
  const { perHour = 0 } = stream
  const rateAt = (hour: number) => (typeof perHour === 'number' ? perHour : perHour[Math.floor(hour) % 24]!)
  if (typeof perHour === 'number' ? perHour === 0 : perHour.every((rate) => rate === 0)) return
  let hour = stream.fromHour
  for (;;) {
    let left = exponential(random)
    for (;;) {
      const untilNext = Math.floor(hour) + 1 - hour
      const rate = rateAt(hour)
      if (rate * untilNext >= left) {
        hour += left / rate
        break
      }
      left -= rate * untilNext
      hour = Math.floor(hour) + 1
    }
    yield Math.round(hour * hourMs)
  }
}

/**
 * The jobs of a trace that ran. Jobs that were cancelled while they waited have no run time, and
 * nobody would wait for them.
 */
function* traced(stream: Stream, jobs: readonly SwfJob[]): Generator<Arrival, undefined> {
  for (const job of jobs) {
    const { runSeconds } = job
    const processors = job.requestedProcessors ?? job.allocatedProcessors
    if (runSeconds === undefined || processors === undefined || processors === 0) continue
    if (job.status === 5 && runSeconds === 0) continue
    const kb = job.requestedMemoryKb ?? job.usedMemoryKb
    const memoryMib = kb === undefined ? (stream.memoryMibPerVcpu ?? 1024) * processors : (kb * processors) / 1024
    const work: Work = {
      stream,
      resources: { vcpus: processors, memoryMib: Math.max(4, Math.ceil(memoryMib)), gpus: 0 },
      arraySize: undefined,
      shareIdentifier: shareInTrace(stream.shareIdentifier, job),
      // By the format's definition, a time of 0 is less than half a second.
      runMs: () => Math.max(1, Math.round((runSeconds === 0 ? 0.25 : runSeconds) * 1000)),
      exitCode: () => (job.status === 0 ? 1 : 0),
    }
    yield {
      atMs: Math.round((stream.fromHour * 3600 + job.submitSeconds) * 1000),
      works: [work],
      jobNumber: job.jobNumber,
      precedingJob: job.precedingJob,
    }
  }
  return undefined
}

function shareInTrace(shareIdentifier: string | undefined, { user, group }: SwfJob): string | undefined {
  if (shareIdentifier === 'user') return `user-${user ?? 'unknown'}`
  if (shareIdentifier === 'group') return `group-${group ?? 'unknown'}`
  return shareIdentifier
}

/** As a client would submit it. */
export function submissionOf(
  work: Work,
  traits: { readonly jobDefinition: string; readonly fairShare: boolean },
  dependsOn: string | undefined,
): SubmitJobRequest {
  const { stream, resources, arraySize } = work
  return {
    jobName: stream.name,
    jobQueue: stream.jobQueue,
    jobDefinition: traits.jobDefinition,
    containerOverrides: {
      resourceRequirements: [
        { type: 'VCPU', value: String(resources.vcpus) },
        { type: 'MEMORY', value: String(resources.memoryMib) },
        ...(resources.gpus > 0 ? [{ type: 'GPU' as const, value: String(resources.gpus) }] : []),
      ],
    },
    ...(arraySize === undefined ? {} : { arrayProperties: { size: arraySize } }),
    ...(dependsOn === undefined ? {} : { dependsOn: [{ jobId: dependsOn }] }),
    ...(Object.keys(stream.tags).length > 0 ? { tags: stream.tags } : {}),
    ...(stream.attempts > 1 ? { retryStrategy: { attempts: stream.attempts } } : {}),
    ...(stream.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: stream.timeoutSeconds } }),
    ...(traits.fairShare && work.shareIdentifier !== undefined ? { shareIdentifier: work.shareIdentifier } : {}),
    ...(traits.fairShare && stream.schedulingPriority !== undefined
      ? { schedulingPriorityOverride: stream.schedulingPriority }
      : {}),
  }
}
