/** Finds service environments by reference, and shows them. */
import type { ServiceEnvironment } from '../../model/account-resource.ts'
import { arn } from '../../model/arn.ts'
import type { ServiceEnvironmentDetail } from '../../model/generated/batch.ts'
import type { JobQueue } from '../../model/job-queue.ts'
import { nameInReference } from '../reference.ts'
import type { State } from '../state/state.ts'

export function findServiceEnvironment(state: State, reference: string): ServiceEnvironment | undefined {
  const name = nameInReference(reference, 'service-environment', state.account)
  return name === undefined ? undefined : state.serviceEnvironments.get(arn(state.account, 'service-environment', name))
}

/** The queues that refer to it. */
export function queuesOf(state: State, environment: ServiceEnvironment): JobQueue[] {
  return [...state.jobQueues.values()].filter(({ shape }) =>
    shape.serviceEnvironmentOrder?.some(({ serviceEnvironment }) => serviceEnvironment === environment.arn),
  )
}

/** As DescribeServiceEnvironments shows it. */
export function describeServiceEnvironment(environment: ServiceEnvironment): ServiceEnvironmentDetail {
  const { shape, state, status, tags } = environment
  return { ...shape, state, status, tags: { ...tags } }
}
