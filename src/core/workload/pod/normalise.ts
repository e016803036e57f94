/** A pod as DescribeJobDefinitions returns it, with AWS's empty lists (docs/aws §1.7, §2.3). */
import type { EksContainer, EksProperties } from '../../../model/generated/batch.ts'

/** Expects properties that passed the check. */
export function normalisePod({ podProperties: pod = {} }: EksProperties): EksProperties {
  return {
    podProperties: {
      ...pod,
      containers: (pod.containers ?? []).map(normaliseEksContainer),
      initContainers: (pod.initContainers ?? []).map(normaliseEksContainer),
      volumes: pod.volumes ?? [],
      imagePullSecrets: pod.imagePullSecrets ?? [],
    },
  }
}

function normaliseEksContainer(container: EksContainer): EksContainer {
  return {
    ...container,
    command: container.command ?? [],
    args: container.args ?? [],
    env: container.env ?? [],
    volumeMounts: container.volumeMounts ?? [],
  }
}
