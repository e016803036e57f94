/** Decides whether a compute environment is a spot environment. */
import type { ComputeEnvironment } from './compute-environment.ts'
import type { ComputeResource } from './generated/batch.ts'

/** AWS's default bid is the on-demand price. */
export function spotOf(resources: ComputeResource | undefined): Pick<ComputeEnvironment, 'spot'> {
  const kind = resources?.type
  return kind === 'SPOT' || kind === 'FARGATE_SPOT'
    ? { spot: { kind, bidPercentage: resources?.bidPercentage || 100 } }
    : {}
}
