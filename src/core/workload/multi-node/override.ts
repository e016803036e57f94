/**
 * A multi-node job: `nodeProperties` changed by `nodeOverrides`, range by range (docs/aws §5,
 * §7.2).
 */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type {
  NodeOverrides,
  NodeProperties,
  NodePropertyOverride,
  NodeRangeProperty,
} from '../../../model/generated/batch.ts'
import { noResources, plus, type Resources } from '../../../model/resources.ts'
import type { NodeResources } from '../../../model/workload.ts'
import { nodeKinds, ofRange, resourcesOfRange } from './range.ts'
import { nodeSegments, parseTargetNodes } from './target-nodes.ts'

const member = 'nodeOverrides.nodePropertyOverrides'

/**
 * Checks overrides by themselves and against the definition. The result is checked after merging.
 */
export function checkNodeOverrides(overrides: NodeOverrides, registered: NodeProperties): Complaint {
  const { numNodes, nodePropertyOverrides = [] } = overrides
  return (
    (numNodes === undefined ? undefined : checkNumNodes(numNodes, registered)) ??
    checkTargetNodes(nodePropertyOverrides, registered) ??
    firstComplaint(nodePropertyOverrides, (override, index) =>
      checkRangeOverride(override, rangeOf(override, registered)!, `${member}[${index}]`),
    )
  )
}

/** https://docs.aws.amazon.com/batch/latest/APIReference/API_NodeOverrides.html has the rules, not the texts. */
function checkNumNodes(numNodes: number, { mainNode, nodeRangeProperties, ...registered }: NodeProperties): Complaint {
  if (!(numNodes >= 1 && numNodes <= 1000)) {
    return `Number of nodes must be between 1 and 1000, got ${numNodes} in nodeOverrides.numNodes.`
  }
  if (numNodes === registered.numNodes) return undefined
  if (mainNode >= numNodes) return 'Main node index is out of range, must be less than numNodes.'
  const openEnded = nodeRangeProperties
    .map(({ targetNodes }) => ({ targetNodes, target: parseTargetNodes(targetNodes, numNodes) }))
    .filter(({ target }) => target?.openEnded)
  if (openEnded.length === 0) {
    return 'nodeOverrides.numNodes requires a job definition with a node range that has no upper boundary, such as n:.'
  }
  const beyond = openEnded.find(({ target }) => target!.first >= numNodes)
  return beyond && `Node range ${beyond.targetNodes} begins at or beyond nodeOverrides.numNodes, which is ${numNodes}.`
}

function checkTargetNodes(overrides: readonly NodePropertyOverride[], registered: NodeProperties): Complaint {
  const targets = overrides.map((override) => override.targetNodes)
  const stray = overrides.filter((override) => !rangeOf(override, registered)).map(({ targetNodes }) => targetNodes)
  if (stray.length > 0) {
    return `NodeOverride targets should match job definition. Non matching targets - ${stray.join(', ')}`
  }
  const twice = targets.find((target, index) => targets.indexOf(target) < index)
  return twice === undefined ? undefined : `Node range ${twice} is overridden twice in ${member}.`
}

function checkRangeOverride(override: NodePropertyOverride, range: NodeRangeProperty, where: string): Complaint {
  return ofRange(range, override, (kind, registered, overrides) => {
    const stray = nodeKinds.find(
      ({ member, overridesMember }) => member !== kind.member && !isEmpty(override[overridesMember]),
    )
    if (stray) return `${where}.${stray.overridesMember} should not be set for a node range with ${kind.member}.`
    if (override.instanceTypes?.length && kind.member !== 'ecsProperties') {
      return 'Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.'
    }
    return kind.checkOverrides(overrides, registered, 'EC2', `${where}.${kind.overridesMember}`)
  })
}

/**
 * Expects overrides that passed the check. Consumable resources are merged separately:
 * src/core/submission/consumables.ts.
 */
export function mergeNodes(registered: NodeProperties, overrides: NodeOverrides): NodeProperties {
  return {
    ...registered,
    numNodes: overrides.numNodes ?? registered.numNodes,
    nodeRangeProperties: registered.nodeRangeProperties.map((range) =>
      mergeRange(range, overrideOf(range, overrides) ?? { targetNodes: range.targetNodes }),
    ),
  }
}

/** The override of a range, if there is one. */
export function overrideOf(
  { targetNodes }: NodeRangeProperty,
  { nodePropertyOverrides = [] }: NodeOverrides,
): NodePropertyOverride | undefined {
  return nodePropertyOverrides.find((override) => override.targetNodes === targetNodes)
}

function mergeRange(range: NodeRangeProperty, override: NodePropertyOverride): NodeRangeProperty {
  return {
    ...range,
    ...ofRange(range, override, (kind, registered, overrides) => ({
      [kind.member]: kind.merge(registered, overrides),
    })),
    ...(override.instanceTypes?.length && { instanceTypes: override.instanceTypes }),
  }
}

/** What each node uses, with equal neighbours joined. */
export function nodeResources(properties: NodeProperties): readonly NodeResources[] {
  return nodeSegments(properties).map(({ from, to, range }) => ({ from, to, resources: resourcesOfRange(range) }))
}

/** What all nodes use together. */
export function sumOfNodes(nodes: readonly NodeResources[]): Resources {
  return nodes
    .map(({ from, to, resources: { vcpus, memoryMib, gpus } }) => {
      const count = to - from + 1
      return { vcpus: vcpus * count, memoryMib: memoryMib * count, gpus: gpus * count }
    })
    .reduce(plus, noResources)
}

function rangeOf({ targetNodes }: NodePropertyOverride, { nodeRangeProperties }: NodeProperties) {
  return nodeRangeProperties.find((range) => range.targetNodes === targetNodes)
}

function isEmpty(override: object | undefined): boolean {
  return Object.keys(override ?? {}).length === 0
}
