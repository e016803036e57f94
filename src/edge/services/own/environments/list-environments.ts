/** `GET /api/environments`: the compute environments, and what they hold of their drivers; docs/use/api.md. */
import type { State } from '../../../../core/state/state.ts'
import type { ComputeEnvironment } from '../../../../model/compute-environment.ts'
import { noResources } from '../../../../model/resources.ts'
import type { EnvironmentAnswer, EnvironmentsAnswer } from '../../../../wire/environments.ts'
import { defineOwnOperation } from '../own-operation.ts'

export const listEnvironments = defineOwnOperation<Record<string, never>, EnvironmentsAnswer>('ListEnvironments', {
  action: 'batch:DescribeComputeEnvironments',
  method: 'GET',
  path: '/api/environments',
  answers: 'EnvironmentsAnswer',
  summary: 'The compute environments, their use and the health of their drivers',
  handle(_, { backend: { loop } }) {
    const { state } = loop
    const sorted = [...state.computeEnvironments.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return { environments: sorted.map((environment) => environmentAnswer(state, environment)) }
  },
})

function environmentAnswer(state: State, environment: ComputeEnvironment): EnvironmentAnswer {
  const { name, spot, shape } = environment
  const driver = state.drivers.get(environment.driver)
  const type = shape.computeResources?.type
  return {
    ...{ computeEnvironment: name, arn: environment.arn, state: environment.state, status: environment.status },
    ...{ statusReason: environment.statusReason, driver: environment.driver },
    ...(type !== undefined && { type }),
    ...(driver && { driverHealth: driver.health.kind }),
    ...(driver?.health.kind === 'unreachable' && { driverTrouble: driver.health.why }),
    ...{ minvCpus: environment.minvCpus, maxvCpus: environment.maxvCpus },
    inUse: state.taken.get(name) ?? noResources,
    ...(spot && { bidPercentage: spot.bidPercentage }),
    ...(spot && driver && { spotPrice: driver.index.spotPrice(0) }),
    jobQueues: [...state.jobQueues.values()]
      .filter(({ computeEnvironments }) => computeEnvironments.includes(name))
      .map((queue) => queue.name),
    tags: environment.tags,
  }
}
