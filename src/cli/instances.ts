/** `openbatch instances [INSTANCE]`: the hosts and what is free on them, or what runs on one. */
import type { Command } from 'commander'
import { instanceIdOf } from './instance-id.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { table } from './table.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly json?: true
}

interface Resources {
  readonly vcpus: number
  readonly memoryMib: number
  readonly gpus: number
}

interface Instance {
  readonly instanceId: string
  readonly hostName: string
  readonly driver: string
  readonly state: string
  readonly capacity?: Resources
  readonly free?: Resources
  readonly held: Resources
  readonly onDemandAttempts: number
  readonly spotAttempts: number
}

/** As `GET /api/instances` gives it. */
interface Instances {
  readonly drivers: readonly {
    readonly driver: string
    readonly health: string
    readonly why?: string
    readonly capacity?: Resources
    readonly spotPrice: number
  }[]
  readonly instances: readonly Instance[]
  readonly more: number
}

/** As `GET /api/instances/{id}` gives it. */
type InstanceDetail = Instance & {
  readonly attempts: readonly {
    readonly jobId: string
    readonly jobName: string
    readonly jobQueue: string
    readonly owner: string
    readonly attempt: number
    readonly computeEnvironment: string
    readonly spot: boolean
    readonly stopping: boolean
    readonly placedAtMs: number
    readonly resources: Resources
  }[]
}

export function buildInstances(verb: Command, terminal: Terminal): void {
  verb.option('--json', 'print the whole answer, as the server gives it')
  addCallOptions(verb).action(async (instance: string | undefined, options: Options) => {
    const path = instance === undefined ? '' : `/${encodeURIComponent(instanceIdOf(instance))}`
    const answer = await callServer(terminal, options, 'GET', `/api/instances${path}`)
    if (options.json) terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`)
    else if (instance === undefined) terminal.write(listed(answer as Instances))
    else terminal.write(detailed(answer as InstanceDetail))
  })
}

function listed({ drivers, instances, more }: Instances): string {
  const told = drivers.map(({ driver, health, why, capacity, spotPrice }) => {
    const state = health === 'healthy' ? `spot price ${Math.round(spotPrice * 10) / 10} %` : (why ?? 'not seen yet')
    return `${driver}: ${printable(health === 'unreachable' ? `unreachable (${state})` : state)}, ${capacity ? amountOf(capacity) : 'capacity unknown'}\n`
  })
  const rest = more > 0 ? `and ${more} more\n` : ''
  return `${told.join('')}\n${table(headings, instances.map(row))}${rest}`
}

function detailed(instance: InstanceDetail): string {
  const head = table(headings, [row(instance)])
  if (instance.attempts.length === 0) return `${head}\nnothing runs there\n`
  const attempts = instance.attempts.map(
    ({ jobId, jobName, jobQueue, owner, attempt, computeEnvironment, spot, stopping, placedAtMs, resources }) => [
      jobId,
      jobName,
      owner,
      String(attempt),
      jobQueue,
      computeEnvironment,
      spot ? 'spot' : 'on demand',
      amountOf(resources),
      new Date(placedAtMs).toISOString(),
      stopping ? 'being stopped' : '',
    ],
  )
  const columns = ['JOB', 'NAME', 'OWNER', 'ATTEMPT', 'QUEUE', 'COMPUTE ENVIRONMENT', 'TERMS', 'HOLDS', 'SINCE', '']
  return `${head}\n${table(columns, attempts)}`
}

const headings = ['INSTANCE', 'HOST', 'DRIVER', 'VCPU FREE', 'MIB FREE', 'GPU FREE', 'ON DEMAND', 'SPOT', '']

function row(instance: Instance): string[] {
  const { instanceId, hostName, driver, state, capacity, free, held, onDemandAttempts, spotAttempts } = instance
  const figure = (kind: keyof Resources) =>
    capacity && free ? `${free[kind]} of ${capacity[kind]}` : `unknown, ${held[kind]} held`
  return [
    instanceId,
    printable(hostName),
    driver,
    figure('vcpus'),
    figure('memoryMib'),
    figure('gpus'),
    String(onDemandAttempts),
    String(spotAttempts),
    state === 'OFFERED' ? '' : state.toLowerCase(),
  ]
}

function amountOf({ vcpus, memoryMib, gpus }: Resources): string {
  return `${vcpus} vCPU, ${memoryMib} MiB${gpus > 0 ? `, ${gpus} GPU` : ''}`
}
