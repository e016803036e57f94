/** A single container: `containerProperties`, or `container` of a node range. */
import type { ContainerOverrides, ContainerProperties } from '../../../model/generated/batch.ts'
import type { Container } from '../../../model/workload.ts'
import type { NodeKind } from '../kind.ts'
import { checkContainerProperties } from './check.ts'
import { normaliseContainer } from './normalise.ts'
import { checkAmounts, checkContainerOverrides, mergeContainer } from './override.ts'
import { resourcesOf } from './resource-requirements.ts'

export const container: NodeKind<ContainerProperties, ContainerOverrides, Container> = {
  member: 'container',
  overridesMember: 'containerOverrides',
  check: checkContainerProperties,
  normalise: normaliseContainer,
  checkSupported: () => undefined,
  checkOverrides: checkContainerOverrides,
  merge: mergeContainer,
  checkMerged: checkAmounts,
  substitute: (properties, put) => ({ ...properties, command: put.into(properties.command ?? []) }),
  resources: resourcesOf,
  workload: (properties) => ({ kind: 'container', properties: { ...properties, networkInterfaces: [] } }),
}
