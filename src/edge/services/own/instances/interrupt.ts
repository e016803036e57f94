/** `POST /api/instances/{id}/interrupt`: rehearses the loss of a spot instance; docs/operate/spot.md. */
import { interruptInstance as interrupt } from '../../../../core/instance/interrupt.ts'
import { isRefusal } from '../../../../model/refusal.ts'
import type { InterruptionAnswer } from '../../../../wire/instances.ts'
import { execute } from '../../batch/execute.ts'
import { defineOwnOperation } from '../own-operation.ts'

interface Input {
  readonly instanceId: string
}

export const interruptInstance = defineOwnOperation<Input, InterruptionAnswer>('InterruptInstance', {
  summary: 'Rehearses the loss of a spot instance',
  answers: 'InterruptionAnswer',
  method: 'POST',
  path: '/api/instances/:instanceId/interrupt',
  async handle({ instanceId }, context) {
    const answer = await execute(context, 'InterruptInstance', interrupt(instanceId))
    return isRefusal(answer) ? answer : { instanceId, ...answer }
  },
})
