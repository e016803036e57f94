/**
 * Decides which updates of a compute environment replace its instances (docs/aws §10.6), and what
 * becomes of the jobs on the old ones.
 * https://docs.aws.amazon.com/batch/latest/userguide/infrastructure-updates.html
 */
import type { ComputeEnvironment } from '../../model/compute-environment.ts'
import type { ComputeEnvironmentDetail, ComputeResource } from '../../model/generated/batch.ts'
import type { TimeMs } from '../../model/time.ts'
import { isFargate } from './compute-resources.ts'

/**
 * All other updates are scaling updates. `updateToLatestImageVersion` has no effect: hosts here
 * have no images of AWS's.
 */
const replacing = [
  'allocationStrategy',
  'bidPercentage',
  'ec2Configuration',
  'ec2KeyPair',
  'imageId',
  'instanceRole',
  'instanceTypes',
  'launchTemplate',
  'placementGroup',
  'securityGroupIds',
  'subnets',
  'tags',
  'type',
] as const satisfies readonly (keyof ComputeResource)[]

/** AWS's default. */
const executionTimeoutMinutes = 30

/**
 * Returns the replacement if an update replaces instances: jobs that started before `now` may
 * continue until `endJobsAtMs`. A repeated value is not a change. Fargate has no instances, and
 * ignores the update policy.
 */
export function replacementBy(
  before: ComputeEnvironmentDetail,
  after: ComputeEnvironmentDetail,
  now: TimeMs,
): Pick<ComputeEnvironment, 'replacing'> {
  const [old, updated] = [before.computeResources, after.computeResources]
  if (!old || !updated || isFargate(updated.type)) return {}
  if (replacing.every((member) => sameValue(old[member], updated[member]))) return {}
  const { terminateJobsOnUpdate = false, jobExecutionTimeoutMinutes = executionTimeoutMinutes } =
    after.updatePolicy ?? {}
  const leftMs = terminateJobsOnUpdate ? 0 : jobExecutionTimeoutMinutes * 60_000
  return { replacing: { sinceMs: now, endJobsAtMs: now + leftMs } }
}

/** Compares without regard to the order of keys. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [ofA, ofB] = [Object.entries(a), Object.entries(b)]
  return ofA.length === ofB.length && ofA.every(([key, value]) => sameValue(value, (b as Record<string, unknown>)[key]))
}
