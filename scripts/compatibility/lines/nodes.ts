/** Multi-node jobs: `nodeProperties`. */
import type { Lines } from '../line.ts'

const otherKind = 'full: for ranges of its kind; refused for others'

export const nodeLines: Lines = {
  NodeProperties: {
    numNodes: 'full: 1 to 1000; all nodes start together, or none does',
    mainNode: 'full: it starts first; its end is the end of the job, and its exit code the job’s',
    nodeRangeProperties: 'full: at most 5; of nested ranges the narrower holds',
  },
  NodeRangeProperty: {
    targetNodes: 'full: `n`, `n:m`, `n:`, `:m`',
    container: 'full',
    instanceTypes: 'stored: with ecsProperties only, as on AWS',
    ecsProperties: 'full',
    eksProperties: 'full',
    consumableResourceProperties: 'full: counted once for a range, however many nodes it has',
  },
  NodeOverrides: {
    numNodes: 'full: where a range has no upper bound',
    nodePropertyOverrides: 'full',
  },
  NodePropertyOverride: {
    targetNodes: 'full: as the definition has it',
    containerOverrides: otherKind,
    ecsPropertiesOverride: otherKind,
    instanceTypes: 'partial: of ranges with ecsProperties, kept and shown',
    eksPropertiesOverride: otherKind,
    consumableResourcePropertiesOverride: 'full: merged by resource',
  },
  NodeDetails: { nodeIndex: 'full', isMainNode: 'full' },
  NodePropertiesSummary: { isMainNode: 'full: on nodes', numNodes: 'full', nodeIndex: 'full: on nodes' },
}
