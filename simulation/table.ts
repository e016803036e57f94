/** Results as tables: of one simulation for a terminal, of several side by side for a document. */
import { describeResources } from '../src/model/resources.ts'
import type { JobCounts, QueueResults, Results, Waits } from './results.ts'
import type { Unfinished } from './unfinished.ts'

type Row = readonly string[]

export function terminalTable(name: string, results: Results): string {
  const { variant, seed, window, jobs, unfinished, utilisation, attempts, cost, loop } = results
  const facts: Row[] = [
    [
      'window',
      `hours ${figure(window.fromHour)} to ${figure(window.toHour)}; all over at ${figure(window.endedAtHour)}`,
    ],
    ['jobs', countsText(jobs)],
    ...Object.entries(jobs.refused).map(([message, times]) => ['refused', `${figure(times)} × ${message}`]),
    ...Object.entries(unfinished).map(([stream, of]) => ['unfinished', `${stream}: ${unfinishedText(of)}`]),
    ['utilisation', utilisationText(utilisation)],
    [
      'attempts',
      `${figure(attempts.started)} started, ${figure(attempts.interrupted)} interrupted, ${figure(attempts.lost)} lost with ${figure(attempts.hostFailures)} host failures, ${figure(attempts.timedOut)} timed out`,
    ],
    ['lost work', `${figure(attempts.lostVcpuHours)} vCPU-hours`],
    [
      'cost',
      `${money(cost.onDemand + cost.spot)}: ${figure(cost.onDemandVcpuHours)} vCPU-hours on demand ${money(cost.onDemand)}, ${figure(cost.spotVcpuHours)} on spot ${money(cost.spot)}`,
    ],
    [
      'loop',
      `${figure(loop.turns)} turns, ${figure(loop.events)} events, ${figure(loop.passes)} scheduling passes, ${figure(loop.mostPlacementsInAPass)} placements in the largest`,
    ],
  ]
  const title = [name, variant && `(${variant})`, `seed ${seed}`].filter(Boolean).join(' ')
  return `${title}\n\n${aligned(facts, ['left', 'left'])}\n${aligned(queueRows(results))}\n`
}

const queueHead: Row = [
  'QUEUE',
  'SHARE',
  'JOBS',
  'WAIT P50',
  'P95',
  'MAX',
  'SLOWDOWN',
  'VCPU-HOURS',
  'DUE',
  'SHARE ERROR',
]

function queueRows({ queues }: Results): Row[] {
  return [
    queueHead,
    ...Object.entries(queues).flatMap(([name, queue]) => {
      const named = Object.entries(queue.shares).filter(([identifier]) => identifier !== '')
      const ofAll = Object.values(queue.shares).reduce((sum, { vcpuHours }) => sum + vcpuHours, 0)
      const error = queue.shareError === undefined ? '' : percent(queue.shareError)
      return [
        [name, '', figure(queue.submitted), ...waitCells(queue), figure(ofAll), '', error],
        ...named.map(([identifier, share]) => [
          '',
          identifier,
          figure(share.submitted),
          ...waitCells(share),
          figure(share.vcpuHours),
          figure(share.dueVcpuHours),
          '',
        ]),
      ]
    }),
  ]
}

function waitCells({ waits, meanSlowdown }: { waits: Waits; meanSlowdown: number }): string[] {
  return [duration(waits.p50Seconds), duration(waits.p95Seconds), duration(waits.maxSeconds), meanSlowdown.toFixed(1)]
}

/** All variants, with a column each. */
export function markdownTable(all: readonly Results[]): string {
  const rows: Row[] = [['', ...all.map(({ variant, seed }) => variant || `seed ${seed}`)]]
  const add = (label: string, cell: (results: Results) => string) => rows.push([label, ...all.map(cell)])
  add(
    'jobs finished, of submitted',
    ({ jobs }) => `${figure(jobs.succeeded + jobs.failed)} of ${figure(jobs.submitted)}`,
  )
  add('vCPU utilisation', ({ utilisation }) => percent(utilisation.vcpus))
  add('all over at hour', ({ window }) => figure(window.endedAtHour))
  if (all.some(({ attempts }) => attempts.interrupted + attempts.lost > 0)) {
    add('attempts interrupted', ({ attempts }) => figure(attempts.interrupted))
    add('attempts lost with their host', ({ attempts }) => figure(attempts.lost))
    add('lost work, vCPU-hours', ({ attempts }) => figure(attempts.lostVcpuHours))
  }
  if (all.some(({ cost }) => cost.onDemand + cost.spot > 0)) add('cost', ({ cost }) => money(cost.onDemand + cost.spot))
  const queues = [...new Set(all.flatMap((results) => Object.keys(results.queues)))]
  for (const name of queues) {
    const of = (cell: (queue: QueueResults) => string) => (results: Results) => {
      const queue = results.queues[name]
      return queue ? cell(queue) : ''
    }
    const waits = (waits: Waits) =>
      `${duration(waits.p50Seconds)} / ${duration(waits.p95Seconds)} / ${duration(waits.maxSeconds)}`
    add(
      `${name}: wait p50 / p95 / max`,
      of((queue) => waits(queue.waits)),
    )
    add(
      `${name}: mean slowdown`,
      of(({ meanSlowdown }) => meanSlowdown.toFixed(1)),
    )
    add(
      `${name}: share error`,
      of(({ shareError }) => (shareError === undefined ? '' : percent(shareError))),
    )
    const shares = [...new Set(all.flatMap((results) => Object.keys(results.queues[name]?.shares ?? {})))]
    for (const identifier of shares.filter((it) => it !== ''))
      add(
        `${name}, ${identifier}: wait p50 / p95 / max`,
        of(({ shares: { [identifier]: share } }) => (share ? waits(share.waits) : '')),
      )
  }
  const filled = rows.filter(([, ...cells]) => cells.some((cell) => cell !== ''))
  const lines = [filled[0]!, ['---', ...all.map(() => '---:')], ...filled.slice(1)]
  return lines.map((row) => `| ${row.join(' | ')} |\n`).join('')
}

function countsText({ submitted, succeeded, failed, unfinished }: JobCounts): string {
  return `${figure(submitted)} submitted, ${figure(succeeded)} succeeded, ${figure(failed)} failed, ${figure(unfinished)} unfinished`
}

function unfinishedText({ jobs, running, tooLarge, largest }: Unfinished): string {
  const waiting = jobs - running - tooLarge
  const parts = [
    largest &&
      `${figure(tooLarge)} that no host, or no compute environment of the queue, can hold (up to ${describeResources(largest)})`,
    running > 0 && `${figure(running)} running`,
    waiting > 0 && `${figure(waiting)} waiting for room or for other jobs`,
  ]
  return parts.filter(Boolean).join(', ')
}

function utilisationText({ vcpus, memory, gpus }: Results['utilisation']): string {
  return `vCPU ${percent(vcpus)}, memory ${percent(memory)}${gpus === undefined ? '' : `, GPU ${percent(gpus)}`}`
}

function aligned(rows: readonly Row[], sides: readonly ('left' | 'right')[] = ['left', 'left']): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const line = (row: Row) =>
    row.map((cell, at) => (sides[at] === 'left' ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
  return rows.map((row) => `${line(row).join('  ').trimEnd()}\n`).join('')
}

/** `1,234.5`: whole above 1000, else at most two decimals. */
export function figure(value: number): string {
  const [whole, rest] = String(Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toFixed(2))).split('.')
  return whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (rest === undefined ? '' : `.${rest}`)
}

export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(1)} %`
}

/** `0 s`, `42 s`, `7.5 min`, `3.2 h`, `1.5 d`. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 6000) return `${(seconds / 60).toFixed(1)} min`
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`
}

function money(amount: number): string {
  return amount.toFixed(2)
}
