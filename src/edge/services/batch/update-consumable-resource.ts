/** https://docs.aws.amazon.com/batch/latest/APIReference/API_UpdateConsumableResource.html */
import { updateConsumableResource as update } from '../../../core/consumable-resource/decide.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const updateConsumableResource = defineOperation('batch', 'UpdateConsumableResource', {
  resource: (input, { backend }) => resourceArn(backend, 'consumable-resource', input.consumableResource),
  handle: (input, context) => execute(context, 'UpdateConsumableResource', update(input)),
})
