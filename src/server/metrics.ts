/** Figures for Prometheus: read from the state when they are asked for, counted where they happen. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Event } from '../core/events.ts'
import { jobStatuses } from '../model/job.ts'
import type { SinkFigures } from './events/delivery.ts'
import type { Loop } from './loop.ts'

export interface ServerMetrics {
  readonly contentType: string
  read(): Promise<string>
  /** Counts what was decided. */
  count(events: readonly Event[]): void
}

export function createMetrics(
  loop: () => Pick<Loop, 'state' | 'storeTrouble'>,
  sinks: () => readonly SinkFigures[] = () => [],
): ServerMetrics {
  const registers = [new Registry()]
  const registry = registers[0]!
  collectDefaultMetrics({ register: registry })
  const submitted = new Counter({ name: 'openbatch_jobs_submitted_total', help: 'Jobs submitted', registers })
  const finished = new Counter({
    name: 'openbatch_attempts_ended_total',
    help: 'Attempts ended, by what followed',
    labelNames: ['next'],
    registers,
  })
  new Gauge({
    name: 'openbatch_live_jobs',
    help: 'Jobs in memory, by status; children of arrays that never started are not counted',
    labelNames: ['status'],
    registers,
    collect() {
      const counts = new Map<string, number>(jobStatuses.map((status) => [status, 0]))
      for (const job of loop().state.jobs.values()) counts.set(job.state.status, counts.get(job.state.status)! + 1)
      for (const [status, count] of counts) this.set({ status }, count)
    },
  })
  new Gauge({
    name: 'openbatch_driver_healthy',
    help: 'Whether the engine of a driver answers',
    labelNames: ['driver'],
    registers,
    collect() {
      for (const { name, health } of loop().state.drivers.values())
        this.set({ driver: name }, health.kind === 'healthy' ? 1 : 0)
    },
  })
  new Gauge({
    name: 'openbatch_store_writable',
    help: 'Whether the last write to the store succeeded',
    registers,
    collect() {
      this.set(loop().storeTrouble === undefined ? 1 : 0)
    },
  })
  registerSinks(registry, sinks)
  return {
    contentType: registry.contentType,
    read: () => registry.metrics(),
    count(events) {
      for (const event of events) {
        if (event.type === 'jobSubmitted') submitted.inc()
        else if (event.type === 'attemptEnded') finished.inc({ next: event.next.status })
      }
    },
  }
}

/** Counted by the deliveries themselves; read when they are asked for. */
function registerSinks(registry: Registry, sinks: () => readonly SinkFigures[]): void {
  const registers = [registry]
  const labelNames = ['sink']
  const counter = (name: string, help: string, figure: 'delivered' | 'failed' | 'dropped') =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset()
        for (const it of sinks()) this.inc({ sink: it.sink }, it[figure])
      },
    })
  counter('openbatch_events_delivered_total', 'Events a file or webhook has taken', 'delivered')
  counter('openbatch_event_sends_failed_total', 'Tries to deliver events that failed', 'failed')
  counter('openbatch_events_dropped_total', 'Events given up, as more than events.maxKept waited', 'dropped')
  new Gauge({
    name: 'openbatch_events_waiting',
    help: 'Events a file or webhook has yet to take',
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const { sink, waiting } of sinks()) this.set({ sink }, waiting)
    },
  })
}
