/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html */
import { containerInstances } from '../../../core/instance/ecs.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { arnsIn, complainOfNumber, environmentAsked } from './cluster.ts'

export const describeContainerInstances = defineOperation('ecs', 'DescribeContainerInstances', {
  resource({ cluster, containerInstances: names }, { backend }) {
    const arns = arnsIn(backend, 'container-instance', cluster, names)
    // A request that names nothing is refused by the handler.
    return arns.length > 0 ? arns : '*'
  },
  handle({ cluster, containerInstances: names }, context) {
    const wrong = complainOfNumber('Container instances', names)
    if (wrong) return wrong
    const environment = environmentAsked(context, cluster)
    if (isRefusal(environment)) return environment
    const { backend } = context
    const known = containerInstances(backend.loop.state, environment)
    const arns = arnsIn(backend, 'container-instance', cluster, names)
    return {
      containerInstances: arns.flatMap((arn) => known.get(arn) ?? []),
      failures: arns.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
    }
  },
})
