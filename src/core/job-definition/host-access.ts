/** Whether ordinary users may register a definition, and run a workload in a queue, as far as it reaches the host. */
import { arn, userArn } from '../../model/arn.ts'
import { defaultHostAccess, type HostAccess, hostAccessTag, nothingOfTheHost } from '../../model/host-access.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import type { Refusal } from '../../model/refusal.ts'
import type { State } from '../state/state.ts'
import { hostRefusals, type WorkloadMembers } from '../workload/host-access/host-access.ts'
import type { HostRefusal } from '../workload/host-access/refusal.ts'

type Known = Pick<State, 'account' | 'computeEnvironments' | 'rules'>

/**
 * What a compute environment allows the jobs of ordinary users. If its tag names a grant that is not
 * configured, nothing of the host, and no other images than without the tag.
 */
export function hostAccessOf(state: Omit<Known, 'account'>, environment: string): HostAccess {
  const driver = state.computeEnvironments.get(environment)?.driver
  const { fileSystems, hostPaths, hostPathsOfDrivers } = state.rules
  const paths = (driver === undefined ? undefined : hostPathsOfDrivers?.get(driver)) ?? hostPaths
  return {
    ...grantOf(state, environment),
    ...(paths && { paths }),
    ...(fileSystems && { fileSystemMap: fileSystems }),
  }
}

function grantOf({ computeEnvironments, rules }: Omit<Known, 'account'>, environment: string): HostAccess {
  const grant = rules.hostAccess?.get(defaultHostAccess) ?? nothingOfTheHost
  const name = computeEnvironments.get(environment)?.tags[hostAccessTag]
  if (name === undefined) return grant
  const { images, imagesByDigest, imageRewrites = [] } = grant
  return rules.hostAccess?.get(name) ?? { ...nothingOfTheHost, images, imagesByDigest, imageRewrites }
}

/** Every environment of the queue has to allow it: the job may run in any of them. */
export function refuseInQueue(
  state: Known,
  members: WorkloadMembers,
  queue: JobQueue,
  owner: string,
): Refusal | undefined {
  for (const environment of queue.computeEnvironments) {
    const refusals = hostRefusals(members, hostAccessOf(state, environment))
    const resource = arn(state.account, 'job-queue', queue.name)
    if (refusals.length > 0)
      return refused(state, owner, resource, `the compute environment ${environment} does not allow it`, refusals)
  }
  return undefined
}

/** A definition is refused if no compute environment allows what it asks for, because it could never run. */
export function refuseDefinition(
  state: Known,
  members: WorkloadMembers,
  name: string,
  owner: string,
): Refusal | undefined {
  const grants = [...state.computeEnvironments.keys()].map((it) => hostAccessOf(state, it))
  if (grants.length === 0) grants.push(hostAccessOf(state, ''))
  let refusals: readonly HostRefusal[] = []
  for (const access of grants.toReversed()) {
    refusals = hostRefusals(members, access)
    if (refusals.length === 0) return undefined
  }
  const resource = arn(state.account, 'job-definition', name)
  return refused(state, owner, resource, 'no compute environment allows it', refusals)
}

const mostNamed = 5

/** AWS’s form, and its status: the same request of somebody else would be carried out. */
function refused(
  { account }: Known,
  owner: string,
  resource: string,
  because: string,
  refusals: readonly HostRefusal[],
): Refusal {
  const named = refusals.slice(0, mostNamed).map(({ member, why }) => `${member}: ${why}`)
  const more = refusals.length > mostNamed ? [`and ${refusals.length - mostNamed} more`] : []
  const message = `User: ${userArn(account.account, owner)} is not authorized to perform: openbatch:ReachHost on resource: ${resource} because no identity-based policy allows the openbatch:ReachHost action, and ${because} (${[...named, ...more].join('; ')})`
  return { kind: 'refusal', code: 'AccessDeniedException', message, httpStatus: 403 }
}
