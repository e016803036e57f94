/**
 * `openbatch instances [INSTANCE]` shows the hosts and what is free on them, or what runs on one.
 */
import type { Command } from 'commander'
import type { Amounts, InstanceAnswer, InstanceDetailAnswer, InstancesAnswer } from '../wire/instances.ts'
import { instanceIdOf } from './instance-id.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { table } from './table.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly json?: true
}

export function buildInstances(verb: Command, terminal: Terminal): void {
  verb.option('--json', 'print the server’s whole answer')
  addCallOptions(verb).action(async (instance: string | undefined, options: Options) => {
    const path = instance === undefined ? '' : `/${encodeURIComponent(instanceIdOf(instance))}`
    const answer = await callServer(terminal, options, 'GET', `/api/instances${path}`)
    if (options.json) terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`)
    else if (instance === undefined) terminal.write(listed(answer as InstancesAnswer))
    else terminal.write(detailed(answer as InstanceDetailAnswer))
  })
}

function listed({ drivers, instances, more }: InstancesAnswer): string {
  const told = drivers.map(({ driver, health, why, capacity, spotPrice }) => {
    const state = health === 'healthy' ? `spot price ${Math.round(spotPrice * 10) / 10} %` : (why ?? 'not seen yet')
    return `${driver}: ${printable(health === 'unreachable' ? `unreachable (${state})` : state)}, ${capacity ? amountOf(capacity) : 'capacity unknown'}\n`
  })
  const rest = more > 0 ? `and ${more} more\n` : ''
  return `${told.join('')}\n${table(headings, instances.map(row))}${rest}`
}

function detailed(instance: InstanceDetailAnswer): string {
  const head = table(headings, [row(instance)])
  if (instance.attempts.length === 0) return `${head}\nnothing runs there\n`
  const attempts = instance.attempts.map(
    ({
      jobId,
      jobName,
      jobQueue,
      owner,
      attempt,
      computeEnvironment,
      spot,
      stopping,
      placedAtMs,
      resources,
      scratchMib,
    }) => [
      jobId,
      jobName,
      owner,
      String(attempt),
      jobQueue,
      computeEnvironment,
      spot ? 'spot' : 'on demand',
      `${amountOf(resources)}${scratchMib === undefined ? '' : `, ${gib(scratchMib)} GiB of disk`}`,
      new Date(placedAtMs).toISOString(),
      stopping ? 'being stopped' : '',
    ],
  )
  const columns = ['JOB', 'NAME', 'OWNER', 'ATTEMPT', 'QUEUE', 'COMPUTE ENVIRONMENT', 'TERMS', 'HOLDS', 'SINCE', '']
  return `${head}\n${table(columns, attempts)}`
}

const headings = [
  'INSTANCE',
  'HOST',
  'DRIVER',
  'VCPU FREE',
  'MIB FREE',
  'GPU FREE',
  'DISK FREE',
  'ON DEMAND',
  'SPOT',
  '',
]

function row(instance: InstanceAnswer): string[] {
  const { instanceId, hostName, driver, state, capacity, free, held, onDemandAttempts, spotAttempts, disk } = instance
  const figure = (kind: keyof Amounts) =>
    capacity && free ? `${free[kind]} of ${capacity[kind]}` : `unknown, ${held[kind]} held`
  return [
    instanceId,
    printable(hostName),
    driver,
    figure('vcpus'),
    figure('memoryMib'),
    figure('gpus'),
    disk ? `${gib(disk.freeMib)} of ${gib(disk.offeredMib)} GiB` : '',
    String(onDemandAttempts),
    String(spotAttempts),
    state === 'OFFERED' ? '' : state.toLowerCase(),
  ]
}

function gib(mib: number): string {
  return String(Math.round(mib / 102.4) / 10)
}

function amountOf({ vcpus, memoryMib, gpus }: Amounts): string {
  return `${vcpus} vCPU, ${memoryMib} MiB${gpus > 0 ? `, ${gpus} GPU` : ''}`
}
