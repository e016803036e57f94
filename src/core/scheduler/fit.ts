/** Whether and where a job fits, and if not, why not: the one computation that placing and explaining share. */
import { acceptsPlacements, type ComputeEnvironment } from '../../model/compute-environment.ts'
import type { JobSpec } from '../../model/job.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { covers, minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { DriverState, Host, State } from '../state.ts'

export type Fit =
  | {
      readonly kind: 'fits'
      readonly computeEnvironment: string
      /** Of a multi-node job: the main node's. */
      readonly host: Host
      /** Of a multi-node job: each node's, by index. All start together or none does. */
      readonly nodes?: readonly Host[]
    }
  | Misfit

/** Why a job cannot start now. `never` reasons change only when the capacity itself does. */
export type Misfit =
  | { readonly kind: 'exceedsMaxvCpus'; readonly wanted: Resources; readonly maxvCpus: number }
  | { readonly kind: 'exceedsHosts'; readonly wanted: Resources; readonly largest: Resources }
  | { readonly kind: 'environmentsInvalid'; readonly names: readonly string[] }
  | { readonly kind: 'environmentsDisabled'; readonly names: readonly string[] }
  | { readonly kind: 'engineAway'; readonly driver: string; readonly why: string }
  | {
      readonly kind: 'maxvCpusInUse'
      readonly computeEnvironment: string
      readonly wanted: Resources
      readonly inUse: number
      readonly maxvCpus: number
    }
  | {
      readonly kind: 'consumableShort'
      readonly name: string
      readonly wanted: number
      readonly available: number
    }
  | { readonly kind: 'hostsBusy'; readonly wanted: Resources; readonly largestFree: Resources }

/** What is taken while a plan is being made: the state's figures, and what the plan has given away so far. */
export interface Ledger {
  takenOfEnvironment(name: string): Resources
  takenOfHost(driver: string, hostName: string): Resources
  /** Of a consumable resource, by ARN. */
  locked(arn: string): number
}

export function ledgerOf(state: State): Ledger {
  return {
    takenOfEnvironment: (name) => state.taken.get(name) ?? noResources,
    takenOfHost: (driver, hostName) => state.drivers.get(driver)?.taken.get(hostName) ?? noResources,
    locked: (arn) => state.locked.get(arn) ?? 0,
  }
}

export function isNever(fit: Fit): fit is Extract<Fit, { kind: 'exceedsMaxvCpus' | 'exceedsHosts' }> {
  return fit.kind === 'exceedsMaxvCpus' || fit.kind === 'exceedsHosts'
}

/** Tries the queue's environments in their order; the first that can hold the job now takes it. */
export function fit(state: State, ledger: Ledger, jobQueue: JobQueue, spec: JobSpec): Fit {
  const result = fitPlaces(state, ledger, jobQueue, spec)
  return result.kind === 'fits' ? (shortOf(state, ledger, spec) ?? result) : result
}

/** The first consumable resource of which less is available than the job needs (batch-semantics §9.7). */
function shortOf(state: State, ledger: Ledger, { consumables = [] }: JobSpec): Misfit | undefined {
  for (const { arn, quantity } of consumables) {
    const resource = state.consumableResources.get(arn)
    const available = Math.max(0, (resource?.totalQuantity ?? 0) - ledger.locked(arn))
    if (available < quantity)
      return { kind: 'consumableShort', name: resource?.name ?? arn, wanted: quantity, available }
  }
  return undefined
}

function fitPlaces(state: State, ledger: Ledger, jobQueue: JobQueue, spec: JobSpec): Fit {
  const misfits: Misfit[] = []
  for (const name of jobQueue.computeEnvironments) {
    const environment = state.computeEnvironments.get(name)
    const result = environment
      ? fitEnvironment(state, ledger, environment, spec)
      : ({ kind: 'environmentsInvalid', names: [name] } as const)
    if (result.kind === 'fits') return result
    misfits.push(result)
  }
  // The nearest chance is the truest reason: waiting beats what needs an operator, and that beats never.
  return (
    misfits.find((m) => !isNever(m) && m.kind !== 'environmentsInvalid' && m.kind !== 'environmentsDisabled') ??
    misfits.find((m) => !isNever(m)) ??
    misfits[0] ?? { kind: 'environmentsInvalid', names: [] }
  )
}

function fitEnvironment(state: State, ledger: Ledger, environment: ComputeEnvironment, spec: JobSpec): Fit {
  const { name, maxvCpus } = environment
  const wanted = spec.resources
  if (environment.state === 'DISABLED') return { kind: 'environmentsDisabled', names: [name] }
  if (!acceptsPlacements(environment)) return { kind: 'environmentsInvalid', names: [name] }
  if (wanted.vcpus > maxvCpus) return { kind: 'exceedsMaxvCpus', wanted, maxvCpus }
  const driver = state.drivers.get(environment.driver)
  if (driver?.health.kind !== 'healthy')
    return { kind: 'engineAway', driver: environment.driver, why: awayBecause(driver) }
  const taken = (hostName: string) => ledger.takenOfHost(driver.name, hostName)
  const places = spec.nodeResources
    ? fitNodes(driver, taken, environment, spec)
    : fitHosts(driver, taken, environment, wanted)
  if (isNever(places)) return places
  const inUse = ledger.takenOfEnvironment(name).vcpus
  return inUse + wanted.vcpus > maxvCpus
    ? { kind: 'maxvCpusInUse', computeEnvironment: name, wanted, inUse, maxvCpus }
    : places
}

/** Every node gets its place, or none does. Nodes may share a host. */
function fitNodes(driver: DriverState, taken: Taken, environment: ComputeEnvironment, spec: JobSpec): Fit {
  const nodes = placeAll(driver, taken, environment, spec)
  if (Array.isArray(nodes))
    return {
      kind: 'fits',
      computeEnvironment: environment.name,
      host: nodes[spec.nodeProperties?.mainNode ?? 0]!,
      nodes,
    }
  if (isNever(nodes)) return nodes
  // Each node by itself would fit; whether all do at once is asked of empty hosts.
  const onEmpty = placeAll(driver, () => noResources, environment, spec)
  return Array.isArray(onEmpty)
    ? { ...nodes, wanted: spec.resources }
    : { kind: 'exceedsHosts', wanted: spec.resources, largest: total(driver) }
}

function placeAll(
  driver: DriverState,
  taken: Taken,
  environment: ComputeEnvironment,
  { nodeResources = [] }: JobSpec,
): Host[] | Extract<Misfit, { kind: 'hostsBusy' | 'exceedsHosts' }> {
  const given = new Map<string, Resources>()
  const takenNow = (hostName: string) => plus(taken(hostName), given.get(hostName) ?? noResources)
  const hosts: Host[] = []
  for (const { from, to, resources } of nodeResources)
    for (let node = from; node <= to; node++) {
      const fit = fitHosts(driver, takenNow, environment, resources)
      if (fit.kind !== 'fits') return fit
      hosts[node] = fit.host
      given.set(fit.host.hostName, plus(given.get(fit.host.hostName) ?? noResources, resources))
    }
  return hosts
}

function total({ hosts }: DriverState): Resources {
  return hosts.reduce((sum, { capacity }) => plus(sum, capacity), noResources)
}

type Taken = (hostName: string) => Resources

/** Best fit by free vCPUs: fills the fullest host that can take the job, and leaves large rooms for large jobs. */
function fitHosts(
  driver: DriverState,
  taken: Taken,
  environment: ComputeEnvironment,
  wanted: Resources,
): Extract<Fit, { kind: 'fits' | 'hostsBusy' | 'exceedsHosts' }> {
  let best: { host: Host; free: Resources } | undefined
  let largest = noResources
  let largestFree = noResources
  let everFits = false
  for (const host of driver.hosts) {
    const free = minus(host.capacity, taken(host.hostName))
    if (covers(host.capacity, wanted)) everFits = true
    if (larger(host.capacity, largest)) largest = host.capacity
    if (larger(free, largestFree)) largestFree = free
    if (covers(free, wanted) && (!best || free.vcpus < best.free.vcpus)) best = { host, free }
  }
  if (best) return { kind: 'fits', computeEnvironment: environment.name, host: best.host }
  return everFits ? { kind: 'hostsBusy', wanted, largestFree } : { kind: 'exceedsHosts', wanted, largest }
}

function larger(a: Resources, b: Resources): boolean {
  return a.vcpus !== b.vcpus ? a.vcpus > b.vcpus : a.memoryMib > b.memoryMib
}

function awayBecause(driver: DriverState | undefined): string {
  if (!driver || driver.health.kind === 'unseen') return 'it has not answered yet'
  return driver.health.kind === 'unreachable' ? driver.health.why : ''
}
