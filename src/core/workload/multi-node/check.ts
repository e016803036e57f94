/** Multi-node parallel definitions; https://docs.aws.amazon.com/batch/latest/userguide/multi-node-parallel-jobs.html */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { NodeProperties, NodeRangeProperty } from '../../../model/generated/batch.ts'
import { checkConsumableResources } from '../consumable-list.ts'
import { ofRange } from './range.ts'
import { nodeSegments, parseTargetNodes } from './target-nodes.ts'

export function checkNodeProperties(node: NodeProperties | undefined): Complaint {
  if (!node) return 'Node properties of multinode job is required.'
  const { numNodes, mainNode, nodeRangeProperties: ranges } = node
  if (!(numNodes >= 1 && numNodes <= 1000)) return 'Number of nodes must be between 1 and 1000.'
  if (!(mainNode >= 0 && mainNode < numNodes)) return 'Main node index is out of range, must be less than numNodes.'
  if (ranges.length > 5) return 'Maximum allowed size of node range properties is 5'
  return firstComplaint(ranges, (range) => checkRange(range, numNodes)) ?? checkCoverage(node)
}

function checkRange(range: NodeRangeProperty, numNodes: number): Complaint {
  const { targetNodes, container, ecsProperties, eksProperties, instanceTypes } = range
  const target = parseTargetNodes(targetNodes, numNodes)
  if (!target) return 'targetNodes should contain only digits.'
  if (target.first > target.last || target.last >= numNodes) {
    return `Node range ${targetNodes} is out of range, must be within 0:${numNodes - 1}.`
  }
  if (ecsProperties && container) return 'NodeRangeProperties can not use both ecsProperties and container fields'
  if (eksProperties && container) return 'NodeRangeProperties can not use both eksProperties and container fields'
  if (eksProperties && ecsProperties) return 'Cannot use both ecsProperties and eksProperties'
  if (instanceTypes?.length && !ecsProperties) {
    return 'Using instanceTypes with nodeRangeProperty is only allowed for ecsProperties jobs.'
  }
  return (
    checkConsumableResources(range.consumableResourceProperties) ??
    (container || ecsProperties || eksProperties
      ? ofRange(range, {}, (kind, properties) => kind.check(properties, 'EC2'))
      : `Must specify container for node range ${targetNodes}`)
  )
}

/** Ranges may nest, and the narrower one wins. No node may be without a range. */
function checkCoverage(node: NodeProperties): Complaint {
  let covered = 0
  for (const { from, to } of nodeSegments(node)) {
    if (from > covered) break
    covered = to + 1
  }
  return covered === node.numNodes
    ? undefined
    : `Node range properties must cover all nodes from 0 to ${node.numNodes - 1}, node ${covered} is not covered.`
}
