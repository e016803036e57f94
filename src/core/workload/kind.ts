/**
 * What each kind of workload answers for. A job definition and a node range both hold one workload; registration and submission
 * find its kind once and ask only that. `kinds.ts` has the list.
 */
import type { Complaint } from '../../model/complaint.ts'
import type { PlatformCapability } from '../../model/generated/batch.ts'
import type { Resources } from '../../model/resources.ts'
import type { NodeWorkload, Workload } from '../../model/workload.ts'
import type { Substituter } from './parameters.ts'

/** `Properties` as a definition holds them, `Overrides` as a submission does. */
export interface WorkloadKind<Properties, Overrides, Spec extends Workload = Workload> {
  /** The member of a job and of a node range that holds the properties. */
  readonly member: 'container' | 'ecsProperties' | 'eksProperties' | 'nodeProperties'
  /** The member of a submission, and of a node override, that holds the overrides. */
  readonly overridesMember: 'containerOverrides' | 'ecsPropertiesOverride' | 'eksPropertiesOverride' | 'nodeOverrides'

  /** Whether a definition may be registered with these properties. */
  check(properties: Properties, platform: PlatformCapability): Complaint
  /** As DescribeJobDefinitions gives the properties back. For properties that passed the check. */
  normalise(properties: Properties): Properties
  /** What passes AWS's checks but no driver can run. `member` is where the properties stand in the definition. */
  checkSupported(properties: Properties, member: string): Complaint

  /** Overrides by themselves and against the definition. `member` is where they stand in the request. */
  checkOverrides(overrides: Overrides, registered: Properties, platform: PlatformCapability, member: string): Complaint
  /** For overrides that passed the check. */
  merge(registered: Properties, overrides: Overrides): Properties
  /** What the overrides led to: a sum that Fargate has no size for, a request above its limit. */
  checkMerged(merged: Properties, platform: PlatformCapability): Complaint
  /** Parameters go into commands, and nowhere else. */
  substitute(merged: Properties, put: Substituter): Properties

  /** What one attempt takes. */
  resources(properties: Properties): Resources
  /** As the job keeps it. */
  workload(properties: Properties): Spec
}

/** A kind that runs on one node, and so also in a range of a multi-node job. */
export interface NodeKind<Properties, Overrides, Spec extends NodeWorkload = NodeWorkload>
  extends WorkloadKind<Properties, Overrides, Spec> {
  readonly member: 'container' | 'ecsProperties' | 'eksProperties'
  readonly overridesMember: 'containerOverrides' | 'ecsPropertiesOverride' | 'eksPropertiesOverride'
}
