/** `GET /api/instances` and `GET /api/instances/{id}`: the hosts, what is free on them and what runs there; docs/operate/instances.md. */
import { describeInstance, describeInstances } from '../../../../core/instance/read.ts'
import type { InstanceDetailAnswer, InstancesAnswer } from '../../../../wire/instances.ts'
import { sightOf } from '../../../sight.ts'
import { defineOwnOperation, notFound } from '../own-operation.ts'

export const listInstances = defineOwnOperation<Record<string, never>, InstancesAnswer>('ListInstances', {
  summary: 'The hosts, and what is free on them',
  answers: 'InstancesAnswer',
  method: 'GET',
  path: '/api/instances',
  handle: (_, context) => describeInstances(context.backend.loop.state, sightOf(context).sees),
})

interface Input {
  readonly instanceId: string
}

export const getInstance = defineOwnOperation<Input, InstanceDetailAnswer>('GetInstance', {
  summary: 'A host, and what runs there',
  answers: 'InstanceDetailAnswer',
  authorisedAs: 'ListInstances',
  method: 'GET',
  path: '/api/instances/:instanceId',
  handle: ({ instanceId }, context) =>
    describeInstance(context.backend.loop.state, instanceId, sightOf(context).sees) ??
    notFound(`Instance ${instanceId} not found.`),
})
