/** `GET /api/instances` and `GET /api/instances/{id}`: the hosts, what is free on them and what runs there; docs/operate/instances.md. */
import type { FastifyInstance } from 'fastify'
import { describeInstance, describeInstances } from '../../../../core/describe/instances.ts'
import { ApiFailure } from '../../../errors.ts'

interface Params {
  readonly instanceId: string
}

export function instancesRoutes(app: FastifyInstance): void {
  const demand = () => ({ action: 'openbatch:ListInstances', resources: ['*'] })
  const config = { authorise: { by: 'signature', service: 'batch', demand } } as const
  app.get('/api/instances', { config }, ({ context }) => describeInstances(context.services.loop.state))
  app.get<{ Params: Params }>('/api/instances/:instanceId', { config }, ({ params: { instanceId }, context }) => {
    const found = describeInstance(context.services.loop.state, instanceId)
    if (found) return found
    throw new ApiFailure({ code: 'ClientException', message: `Instance ${instanceId} not found.`, httpStatus: 404 })
  })
}
