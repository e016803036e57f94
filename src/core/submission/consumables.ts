/**
 * The consumable resources of a job: the definition's, overridden by the submission's, resource by
 * resource (docs/aws §7.2, §9.7). A resource may be given by name or by ARN.
 * https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling-how-to-for-jobs.html
 */
import type { Complaint } from '../../model/complaint.ts'
import type {
  ConsumableResourceProperties,
  ConsumableResourceRequirement,
  JobDefinition,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import type { ConsumableNeed } from '../../model/job.ts'
import type { MultiNode, Workload } from '../../model/workload.ts'
import { checkConsumableResources } from '../workload/consumable-list.ts'
import { overrideOf } from '../workload/multi-node/override.ts'
import { nodeSegments } from '../workload/multi-node/target-nodes.ts'

/** Returns the ARN of the consumable resource with this name or ARN; undefined if there is none. */
export type ConsumableArn = (nameOrArn: string) => string | undefined

interface Overlay {
  readonly registered: ConsumableResourceProperties | undefined
  readonly override: ConsumableResourceProperties | undefined
}

/** The overlays of the job and of each of its node ranges. */
function overlaysOf(definition: JobDefinition, request: SubmitJobRequest): Overlay[] {
  const ranges = definition.nodeProperties?.nodeRangeProperties ?? []
  return [
    {
      registered: definition.consumableResourceProperties,
      override: request.consumableResourcePropertiesOverride,
    },
    ...ranges.map((range) => ({
      registered: range.consumableResourceProperties,
      override: overrideOf(range, request.nodeOverrides ?? {})?.consumableResourcePropertiesOverride,
    })),
  ]
}

/** Returns the first name that leads to no resource. */
export function unknownConsumable(
  definition: JobDefinition,
  request: SubmitJobRequest,
  arnOf: ConsumableArn,
): string | undefined {
  return overlaysOf(definition, request)
    .flatMap(({ registered, override }) => [...listOf(registered), ...listOf(override)])
    .find((entry) => arnOf(entry.consumableResource ?? '') === undefined)?.consumableResource
}

/** Expects names that are all known. */
export function checkConsumables(
  definition: JobDefinition,
  request: SubmitJobRequest,
  arnOf: ConsumableArn,
): Complaint {
  for (const overlay of overlaysOf(definition, request)) {
    const complaint =
      checkConsumableResources(overlay.override) ??
      checkDistinct(overlay.registered, arnOf) ??
      checkDistinct(overlay.override, arnOf) ??
      checkConsumableResources(mergeConsumables(overlay, arnOf))
    if (complaint !== undefined) return complaint
  }
  return undefined
}

/** A name and its ARN are the same resource. */
function checkDistinct(properties: ConsumableResourceProperties | undefined, arnOf: ConsumableArn): Complaint {
  const arns = listOf(properties).map((entry) => arnOf(entry.consumableResource ?? ''))
  const index = arns.findIndex((arn, at) => arns.indexOf(arn) < at)
  return index < 0
    ? undefined
    : `Cannot provide duplicates in consumableResourceList: ${listOf(properties)[index]!.consumableResource}`
}

/**
 * Resource by resource: an override's quantity replaces the definition's, and additional resources
 * come after it.
 */
function mergeConsumables(
  { registered, override }: Overlay,
  arnOf: ConsumableArn,
): ConsumableResourceProperties | undefined {
  if (listOf(override).length === 0) return registered
  const arn = (entry: ConsumableResourceRequirement) => arnOf(entry.consumableResource ?? '')
  const merged = listOf(registered).map((entry) => listOf(override).find((it) => arn(it) === arn(entry)) ?? entry)
  const added = listOf(override).filter((it) => !merged.includes(it))
  return { consumableResourceList: [...merged, ...added] }
}

export interface ResolvedConsumables {
  /** The properties of the job itself. */
  readonly properties?: ConsumableResourceProperties
  /** The workload, with the consumable resources of each node range. */
  readonly workload: Workload
  /** What the job and its ranges need together, each resource once. */
  readonly needs: readonly ConsumableNeed[]
}

/** Expects a request that passed the checks. A node range counts once if any node uses it. */
export function resolveConsumables(
  definition: JobDefinition,
  request: SubmitJobRequest,
  workload: Workload,
  arnOf: ConsumableArn,
): ResolvedConsumables {
  const [ofJob, ...ofRanges] = overlaysOf(definition, request).map((overlay) => mergeConsumables(overlay, arnOf))
  const withRanges = workload.kind === 'multiNode' ? withConsumables(workload, ofRanges) : undefined
  const taken = new Set(withRanges && nodeSegments(withRanges.properties).map(({ range }) => range))
  const lists = [ofJob, ...[...taken].map((range) => range.consumableResourceProperties)]
  return {
    ...(listOf(ofJob).length > 0 && { properties: ofJob! }),
    workload: withRanges ?? workload,
    needs: needsOf(lists, arnOf),
  }
}

function withConsumables(
  workload: MultiNode,
  ofRanges: readonly (ConsumableResourceProperties | undefined)[],
): MultiNode {
  const nodeRangeProperties = workload.properties.nodeRangeProperties.map((range, index) => {
    const properties = ofRanges[index]
    return properties ? { ...range, consumableResourceProperties: properties } : range
  })
  return { ...workload, properties: { ...workload.properties, nodeRangeProperties } }
}

function needsOf(lists: readonly (ConsumableResourceProperties | undefined)[], arnOf: ConsumableArn): ConsumableNeed[] {
  const quantities = new Map<string, number>()
  for (const { consumableResource = '', quantity = 0 } of lists.flatMap(listOf)) {
    const arn = arnOf(consumableResource)
    if (arn !== undefined) quantities.set(arn, (quantities.get(arn) ?? 0) + quantity)
  }
  return [...quantities].map(([arn, quantity]) => ({ arn, quantity }))
}

function listOf(properties: ConsumableResourceProperties | undefined): readonly ConsumableResourceRequirement[] {
  return properties?.consumableResourceList ?? []
}
