/**
 * What each kind of workload implements. A job definition and a node range both hold one workload.
 * Registration and submission find its kind once, and then use only that. `kinds.ts` has the list.
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
  /** As DescribeJobDefinitions returns the properties. Expects properties that passed the check. */
  normalise(properties: Properties): Properties
  /**
   * Checks for members that pass AWS's checks but that no driver can run. `member` is where the
   * properties stand in the definition.
   */
  checkSupported(properties: Properties, member: string): Complaint

  /**
   * Checks overrides by themselves and against the definition. `member` is where they stand in the
   * request.
   */
  checkOverrides(overrides: Overrides, registered: Properties, platform: PlatformCapability, member: string): Complaint
  /** Expects overrides that passed the check. */
  merge(registered: Properties, overrides: Overrides): Properties
  /**
   * Checks the result of the overrides: a sum that Fargate has no size for, or a request above its
   * limit.
   */
  checkMerged(merged: Properties, platform: PlatformCapability): Complaint
  /** Parameters are put into commands, and nowhere else. */
  substitute(merged: Properties, put: Substituter): Properties

  /** What one attempt uses. */
  resources(properties: Properties): Resources
  /** The form in which the job keeps it. */
  workload(properties: Properties): Spec
}

/** A kind that runs on one node, and can therefore stand in a range of a multi-node job. */
export interface NodeKind<Properties, Overrides, Spec extends NodeWorkload = NodeWorkload>
  extends WorkloadKind<Properties, Overrides, Spec> {
  readonly member: 'container' | 'ecsProperties' | 'eksProperties'
  readonly overridesMember: 'containerOverrides' | 'ecsPropertiesOverride' | 'eksPropertiesOverride'
}
