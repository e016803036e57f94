import { count } from '../../ground/map-entry.ts'
import type { Job, LiveAttempt } from '../../model/job.ts'
import { minus, noResources, plus, type Resources } from '../../model/resources.ts'
import type { StopCause } from '../../model/stop-record.ts'
import { nodesOf } from '../../model/workload.ts'
import { diskNeedOf } from './disk-need.ts'
import type { Reservation } from './reservation.ts'
import { driverOf, type State, shareHosts } from './state.ts'

/** What live attempts use of environments, queues, users, hosts and consumable resources. */

/** Books what a live attempt uses of its environment and hosts; `sign` −1 gives it back. */
export function book(state: State, job: Job, attempt: LiveAttempt, sign: 1 | -1): void {
  const { spec } = job
  const add = (taken: Map<string, Resources>, key: string, wanted: Resources) => {
    const before = taken.get(key) ?? noResources
    taken.set(key, sign === 1 ? plus(before, wanted) : minus(before, wanted))
  }
  add(state.taken, attempt.computeEnvironment, spec.resources)
  add(state.takenByQueue, spec.jobQueue, spec.resources)
  count(state.runningByQueue, spec.jobQueue, sign)
  count(state.runningByOwner, spec.owner, sign)
  const byHost = takenByHost(spec, attempt)
  const { index } = driverOf(state, attempt.driver)
  const need = diskNeedOf(spec, state.rules)
  for (const [hostName, amount] of byHost) index.book(hostName, job.jobId, attempt, amount, sign, need)
  if (spec.consumables)
    for (const { arn, quantity } of spec.consumables)
      if (state.consumableResources.get(arn)?.resourceType !== 'NON_REPLENISHABLE')
        state.locked.set(arn, (state.locked.get(arn) ?? 0) + sign * quantity)
  for (const reservation of state.reservations.values()) bookBeside(state, reservation, job, attempt, byHost, sign)
  if (sign === -1) state.schedulingDue = true
}

/** Notes that a live attempt got a notice. */
export function noteLeaving(state: State, job: Job, attempt: LiveAttempt, cause: StopCause): void {
  const { index } = driverOf(state, attempt.driver)
  const forJobId = cause.kind === 'reclaimed' ? cause.forJobId : undefined
  for (const hostName of takenByHost(job.spec, attempt).keys()) index.noteLeaving(hostName, attempt.name, forJobId)
}

/** The amounts by host name. */
function takenByHost(spec: Job['spec'], attempt: LiveAttempt): Map<string, Resources> {
  if (!attempt.nodes) return new Map([[attempt.hostName, spec.resources]])
  const byHost = new Map<string, Resources>()
  for (const [node, { hostName }] of attempt.nodes.entries())
    byHost.set(hostName, plus(byHost.get(hostName) ?? noResources, resourcesOfNode(spec, node)))
  return byHost
}

function bookBeside(
  state: State,
  reservation: Reservation,
  job: Job,
  attempt: LiveAttempt,
  byHost: ReadonlyMap<string, Resources>,
  sign: 1 | -1,
): void {
  if (sign === -1) {
    reservation.beside.delete(attempt.name)
    return
  }
  const isThere =
    shareHosts(state, attempt.driver, reservation.driver) &&
    [...byHost.keys()].some((hostName) => reservation.claims.has(hostName))
  const isSame = attempt.computeEnvironment === reservation.computeEnvironment
  if (isThere || isSame)
    reservation.beside.set(attempt.name, {
      taken: isThere ? byHost : new Map(),
      vcpus: isSame ? job.spec.resources.vcpus : 0,
    })
}

export function resourcesOfNode(spec: Job['spec'], node: number): Resources {
  return nodesOf(spec)?.find(({ from, to }) => from <= node && node <= to)?.resources ?? spec.resources
}
