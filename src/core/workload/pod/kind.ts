/** The containers of a Kubernetes pod: `eksProperties`. */
import type { EksProperties, EksPropertiesOverride } from '../../../model/generated/batch.ts'
import type { Pod } from '../../../model/workload.ts'
import type { NodeKind } from '../kind.ts'
import { podResources } from './amounts.ts'
import { checkEksProperties } from './check.ts'
import { normalisePod } from './normalise.ts'
import { checkPodOverrides, mergePod, substitutePod } from './override.ts'
import { checkPodSupported } from './unsupported.ts'

export const pod: NodeKind<EksProperties, EksPropertiesOverride, Pod> = {
  member: 'eksProperties',
  overridesMember: 'eksPropertiesOverride',
  check: checkEksProperties,
  normalise: normalisePod,
  checkSupported: checkPodSupported,
  checkOverrides: (overrides, registered, _platform, member) => checkPodOverrides(overrides, registered, member),
  merge: mergePod,
  checkMerged: checkEksProperties,
  substitute: substitutePod,
  resources: ({ podProperties = {} }) => podResources(podProperties),
  workload: (properties) => ({ kind: 'pod', properties }),
}
