/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html */
import { containerInstances } from '../../../core/instance/ecs.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { arnsIn, complainOfNumber, environmentAsked, resourcesIn } from './cluster.ts'

export const describeContainerInstances = defineOperation('ecs', 'DescribeContainerInstances', {
  resource: ({ cluster, containerInstances: names }, { backend }) =>
    resourcesIn(backend, 'container-instance', cluster, names),
  handle({ cluster, containerInstances: names }, context) {
    const wrong = complainOfNumber('Container instances', names)
    if (wrong) return wrong
    const environment = environmentAsked(context, cluster)
    if (isRefusal(environment)) return environment
    const { backend } = context
    const arns = arnsIn(backend, 'container-instance', cluster, names)
    if (isRefusal(arns)) return arns
    const known = containerInstances(backend.loop.state, environment)
    return {
      containerInstances: arns.flatMap((arn) => known.get(arn) ?? []),
      failures: arns.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
    }
  },
})
