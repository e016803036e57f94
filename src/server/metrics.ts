/**
 * Figures for Prometheus: read on request, or counted where they happen. docs/operate/metrics.md
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Event } from '../core/events.ts'
import { readLastBackup } from '../data-directory/backup/last-backup.ts'
import type { Resources } from '../model/resources.ts'
import type { TimeMs } from '../model/time.ts'
import type { SinkFigures } from './events/delivery.ts'
import { type CapacityFigures, capacityFigures } from './figures/capacity-figures.ts'
import { DiskFigures } from './figures/disk-figures.ts'
import { JobFigures } from './figures/job-figures.ts'
import type { Loop } from './loop/loop.ts'
import type { MeasuredStep } from './loop/loop-listeners.ts'

export interface ServerMetrics {
  readonly contentType: string
  /** Simultaneous readers get the same answer. */
  read(): Promise<string>
  /** Counts the events of a turn. */
  count(events: readonly Event[]): void
  /** Records how long a step of a turn took. */
  readonly measured: (step: MeasuredStep, seconds: number) => void
  /** A request was answered. */
  readonly answered: (request: AnsweredRequest) => void
  /** Adds a figure of another part: read on request, and left out while it is undefined. */
  gauge(name: string, help: string, read: () => number | undefined): void
  /** Adds figures of another part that have labels, or that only grow. */
  add(figures: LabelledFigures): void
  /** Calls it before figures are read. */
  before(look: () => Promise<void>): void
}

export interface LabelledFigures {
  readonly kind: 'gauge' | 'counter'
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  /** All present values. Other labels are forgotten. */
  readonly read: () => Iterable<readonly [Labels, number]>
}

export interface AnsweredRequest {
  /** `none` if the request was refused before it was understood. */
  readonly service: string
  readonly operation: string
  readonly httpStatus: number
  readonly seconds: number
}

export interface MetricsSources {
  readonly loop: Pick<Loop, 'state' | 'storeTrouble' | 'commandsWaiting' | 'effectsWaiting'>
  readonly sinks: () => readonly SinkFigures[]
  readonly dataDir: string
  readonly now: () => TimeMs
}

export function createMetrics({ loop, sinks, dataDir, now }: MetricsSources): ServerMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const count = registerCounters(registry)
  const jobs = new JobFigures(() => loop.state, now)
  const disk = new DiskFigures(dataDir)
  registerJobs(registry, jobs, now)
  registerCapacity(registry, () => capacityFigures(loop.state))
  registerDrivers(registry, () => loop.state.drivers.values())
  registerSinks(registry, sinks)
  const gauge = (name: string, help: string, read: () => number | undefined) => addGauge(registry, name, help, read)
  const written = () => (loop.storeTrouble === undefined ? 1 : 0)
  gauge('openbatch_store_writable', 'Whether the last write to the store succeeded', written)
  gauge('openbatch_backup_age_seconds', 'Seconds since the last backup that succeeded', () => {
    const last = readLastBackup(dataDir)
    return last && (now() - last.takenAtMs) / 1000
  })
  gauge('openbatch_commands_waiting', 'Commands that wait for the next turn of the loop', () => loop.commandsWaiting)
  gauge(
    'openbatch_effects_waiting',
    'Starts, stops and the like that wait to be carried out',
    () => loop.effectsWaiting,
  )
  const { name, help } = diskNames
  gauge(name('size_bytes'), help('Size'), () => disk.room?.sizeBytes)
  gauge(name('free_bytes'), help('Free room'), () => disk.room?.freeBytes)
  gauge(name('free_inodes'), help('Files that can still be made'), () => disk.room?.freeInodes)

  const looks = [() => jobs.look(), () => disk.look()]
  const readAll = async () => {
    await Promise.all(looks.map((look) => look()))
    return registry.metrics()
  }
  let reading: Promise<string> | undefined
  const read = () => {
    reading ??= readAll().finally(() => {
      reading = undefined
    })
    return reading
  }
  const durations = registerDurations(registry)
  return {
    ...{ contentType: registry.contentType, read, count, gauge, ...durations },
    add: (figures) => addFigures(registry, figures),
    before: (look) => void looks.push(look),
  }
}

const diskNames = {
  name: (what: string) => `openbatch_data_disk_${what}`,
  help: (what: string) => `${what} on the file system of the data directory`,
}

function addGauge(registry: Registry, name: string, help: string, read: () => number | undefined): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read()
      if (value === undefined) this.remove()
      else this.set(value)
    },
  })
}

type Labels = Readonly<Record<string, string>>

function addFigures(registry: Registry, { kind, read, ...described }: LabelledFigures): void {
  const registers = [registry]
  if (kind === 'gauge') addGauges(registry, described, read)
  else
    new Counter({
      ...{ ...described, registers },
      collect() {
        this.reset()
        for (const [labels, value] of read()) this.inc(labels, value)
      },
    })
}

/** A gauge with labels. `figures` returns all present values; other labels are forgotten. */
function addGauges(
  registry: Registry,
  { name, help, labelNames }: Pick<LabelledFigures, 'name' | 'help' | 'labelNames'>,
  figures: LabelledFigures['read'],
): void {
  new Gauge({
    ...{ name, help, labelNames },
    registers: [registry],
    collect() {
      this.reset()
      for (const [labels, value] of figures()) this.set(labels, value)
    },
  })
}

function registerCounters(registry: Registry): ServerMetrics['count'] {
  const registers = [registry]
  const submitted = new Counter({ name: 'openbatch_jobs_submitted_total', help: 'Jobs submitted', registers })
  const ended = new Counter({
    name: 'openbatch_attempts_ended_total',
    help: 'Attempts ended, by what followed',
    labelNames: ['next'],
    registers,
  })
  return (events) => {
    for (const event of events) {
      if (event.type === 'jobSubmitted') submitted.inc()
      else if (event.type === 'attemptEnded') ended.inc({ next: event.next.status })
    }
  }
}

/** Seconds, from a turn that wrote nothing to one that everybody notices. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

function registerDurations(registry: Registry): Pick<ServerMetrics, 'measured' | 'answered'> {
  const registers = [registry]
  const histogram = (name: string, help: string) => new Histogram({ name, help, buckets, registers })
  const steps: Readonly<Record<MeasuredStep, Histogram>> = {
    turn: histogram('openbatch_turn_seconds', 'How long a turn of the loop took, its plan and its write included'),
    append: histogram('openbatch_append_seconds', 'How long the store took to write a turn'),
    pass: histogram('openbatch_pass_seconds', 'How long a scheduling pass took'),
  }
  const labelNames = ['service', 'operation'] as const
  const name = 'openbatch_request_seconds'
  const requests = new Histogram({ name, help: 'How long requests took', labelNames, buckets, registers })
  const answers = new Counter({
    name: 'openbatch_requests_total',
    help: 'Requests answered, by the class of their status: 2xx, 4xx, 5xx',
    labelNames: [...labelNames, 'status'] as const,
    registers,
  })
  return {
    measured: (step, seconds) => steps[step].observe(seconds),
    answered({ service, operation, httpStatus, seconds }) {
      requests.observe({ service, operation }, seconds)
      answers.inc({ service, operation, status: `${Math.floor(httpStatus / 100)}xx` })
    },
  }
}

function registerJobs(registry: Registry, figures: JobFigures, now: () => TimeMs): void {
  const help = 'Jobs that have not ended, by queue and status; an array counts as its children'
  addGauges(registry, { name: 'openbatch_jobs', help, labelNames: ['job_queue', 'status'] }, function* () {
    for (const [job_queue, { jobs }] of figures.queues)
      for (const [status, count] of jobs) yield [{ job_queue, status }, count]
  })
  const oldest = {
    name: 'openbatch_oldest_runnable_seconds',
    help: 'For how long the oldest RUNNABLE job of a queue has been waiting to start; 0 when none waits',
    labelNames: ['job_queue'],
  }
  addGauges(registry, oldest, function* () {
    for (const [job_queue, { oldestRunnableSinceMs = now() }] of figures.queues)
      yield [{ job_queue }, Math.max(0, now() - oldestRunnableSinceMs) / 1000]
  })
}

const mib = 1_048_576
const kinds = [
  { unit: 'vcpus', amount: ({ vcpus }: Resources) => vcpus },
  { unit: 'memory_bytes', amount: ({ memoryMib }: Resources) => memoryMib * mib },
  { unit: 'gpus', amount: ({ gpus }: Resources) => gpus },
]

function registerCapacity(registry: Registry, figures: () => readonly CapacityFigures[]): void {
  const labelNames = ['driver', 'host_class']
  const add = (name: string, help: string, value: (it: CapacityFigures) => number) =>
    addGauges(registry, { name, help, labelNames }, function* () {
      for (const it of figures()) yield [{ driver: it.driver, host_class: it.hostClass }, value(it)]
    })
  add('openbatch_hosts', 'Hosts of a driver, by their size', ({ hosts }) => hosts)
  for (const { unit, amount } of kinds) {
    add(`openbatch_capacity_${unit}`, 'What hosts of this size have together', ({ capacity }) => amount(capacity))
    add(`openbatch_held_${unit}`, 'What jobs hold of it', ({ held }) => amount(held))
    add(`openbatch_free_${unit}`, 'What is free of it', ({ free }) => amount(free))
  }
}

function registerDrivers(
  registry: Registry,
  drivers: () => Iterable<{ readonly name: string; readonly health: { readonly kind: string } }>,
): void {
  const driver = { name: 'openbatch_driver_healthy', help: 'Whether the engine of a driver answers' }
  addGauges(registry, { ...driver, labelNames: ['driver'] }, function* () {
    for (const { name, health } of drivers()) yield [{ driver: name }, health.kind === 'healthy' ? 1 : 0]
  })
}

/** The deliveries count these themselves. They are read on request. */
function registerSinks(registry: Registry, sinks: () => readonly SinkFigures[]): void {
  const labelNames = ['sink']
  const counter = (name: string, help: string, figure: 'delivered' | 'failed' | 'dropped') =>
    addFigures(registry, {
      ...{ kind: 'counter', name, help, labelNames },
      read: () => sinks().map((it) => [{ sink: it.sink }, it[figure]] as const),
    })
  counter('openbatch_events_delivered_total', 'Events a file or webhook has taken', 'delivered')
  counter('openbatch_event_sends_failed_total', 'Tries to deliver events that failed', 'failed')
  counter('openbatch_events_dropped_total', 'Events given up, as more than events.maxKept waited', 'dropped')
  const waiting = { name: 'openbatch_events_waiting', help: 'Events a file or webhook has yet to take', labelNames }
  addGauges(registry, waiting, function* () {
    for (const it of sinks()) yield [{ sink: it.sink }, it.waiting]
  })
}
