/** `GET /api/instances` and `GET /api/instances/{id}`: the hosts, what is free on them and what runs there; docs/operate/instances.md. */
import { describeInstance, describeInstances } from '../../../../core/instance/read.ts'
import type { InstanceDetailAnswer, InstancesAnswer } from '../../../../wire/instances.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'

export const listInstances = defineOwnOperation<Record<string, never>, InstancesAnswer>('ListInstances', {
  method: 'GET',
  path: '/api/instances',
  handle: (_, { backend }) => describeInstances(backend.loop.state),
})

interface Input {
  readonly instanceId: string
}

export const getInstance = defineOwnOperation<Input, InstanceDetailAnswer>('GetInstance', {
  authorisedAs: 'ListInstances',
  method: 'GET',
  path: '/api/instances/:instanceId',
  handle: ({ instanceId }, { backend }) =>
    describeInstance(backend.loop.state, instanceId) ?? notFound(`Instance ${instanceId} not found.`),
})
