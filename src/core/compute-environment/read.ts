/** Finds compute environments by reference, and shows them. */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { ComputeEnvironmentDetail } from '../../model/generated/batch.ts'
import { nameInReference } from '../reference.ts'
import type { State } from '../state/state.ts'
import { isFargate } from './compute-resources.ts'

export function findEnvironment(state: State, reference: string): ComputeEnvironment | undefined {
  const name = nameInReference(reference, 'compute-environment', state.account)
  return name === undefined ? undefined : state.computeEnvironments.get(name)
}

/** As DescribeComputeEnvironments shows it. */
export function describeComputeEnvironment(state: State, environment: ComputeEnvironment): ComputeEnvironmentDetail {
  const { shape } = environment
  return {
    ...shape,
    tags: { ...environment.tags },
    state: environment.state,
    status: environment.status,
    statusReason: environment.statusReason,
    ...(shape.computeResources && {
      computeResources: isFargate(shape.computeResources.type)
        ? shape.computeResources
        : { ...shape.computeResources, desiredvCpus: desiredvCpus(state, environment) },
    }),
  }
}

/** The vCPUs in use, but never below the last request within minvCpus and maxvCpus. */
function desiredvCpus(state: State, { name, minvCpus, maxvCpus, shape }: ComputeEnvironment): number {
  const inUse = Math.ceil(state.taken.get(name)?.vcpus ?? 0)
  const asked = Math.min(shape.computeResources?.desiredvCpus ?? 0, maxvCpus)
  return Math.max(minvCpus, asked, inUse)
}
