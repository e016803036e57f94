/** Several nodes that run together, each with its range's kind: `nodeProperties` (docs/aws §5). */
import { firstComplaint } from '../../../model/complaint.ts'
import type { NodeOverrides, NodeProperties, NodeRangeProperty } from '../../../model/generated/batch.ts'
import type { MultiNode } from '../../../model/workload.ts'
import { normaliseConsumables } from '../consumable-list.ts'
import type { WorkloadKind } from '../kind.ts'
import { checkNodeProperties } from './check.ts'
import { checkNodeOverrides, mergeNodes, nodeResources, sumOfNodes } from './override.ts'
import { ofRange } from './range.ts'

export const multiNode: WorkloadKind<NodeProperties, NodeOverrides, MultiNode> = {
  member: 'nodeProperties',
  overridesMember: 'nodeOverrides',
  check: checkNodeProperties,
  normalise: (properties) => ofEachRange(properties, normaliseRange),
  checkSupported: ({ nodeRangeProperties }, member) =>
    firstComplaint(nodeRangeProperties, (range, index) =>
      ofRange(range, {}, (kind, properties) =>
        kind.checkSupported(properties, `${member}.nodeRangeProperties[${index}].${kind.member}`),
      ),
    ),
  checkOverrides: checkNodeOverrides,
  merge: mergeNodes,
  checkMerged: ({ nodeRangeProperties }) =>
    firstComplaint(nodeRangeProperties, (range) =>
      ofRange(range, {}, (kind, properties) => kind.checkMerged(properties, 'EC2')),
    ),
  substitute: (properties, put) =>
    ofEachRange(properties, (range) =>
      ofRange(range, {}, (kind, own) => ({ ...range, [kind.member]: kind.substitute(own, put) })),
    ),
  resources: (properties) => sumOfNodes(nodeResources(properties)),
  workload: (properties) => ({ kind: 'multiNode', properties, nodes: nodeResources(properties) }),
}

function normaliseRange(range: NodeRangeProperty): NodeRangeProperty {
  const { consumableResourceProperties: consumables } = range
  return {
    ...range,
    ...ofRange(range, {}, (kind, properties) => ({ [kind.member]: kind.normalise(properties) })),
    ...(consumables && { consumableResourceProperties: normaliseConsumables(consumables) }),
  }
}

function ofEachRange(
  properties: NodeProperties,
  change: (range: NodeRangeProperty) => NodeRangeProperty,
): NodeProperties {
  return { ...properties, nodeRangeProperties: properties.nodeRangeProperties.map(change) }
}
