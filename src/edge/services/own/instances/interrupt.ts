/** `POST /api/instances/{id}/interrupt`: rehearses the loss of a spot instance; docs/operate/spot.md. */
import type { FastifyInstance } from 'fastify'
import { interruptInstance } from '../../../../core/decide/interrupt.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import { ApiFailure, failureOf } from '../../../errors.ts'
import { execute } from '../../batch/execute.ts'

interface Params {
  readonly instanceId: string
}

export function interruptRoute(app: FastifyInstance): void {
  const demand = () => ({ action: 'openbatch:InterruptInstance', resources: ['*'] })
  app.post<{ Params: Params }>(
    '/api/instances/:instanceId/interrupt',
    { config: { authorise: { by: 'signature', service: 'batch', demand } } },
    async ({ params, context }) => {
      const answer = await execute(context, 'InterruptInstance', interruptInstance(params.instanceId))
      if (isRefusal(answer)) throw new ApiFailure(failureOf(answer))
      return { instanceId: params.instanceId, ...answer }
    },
  )
}
