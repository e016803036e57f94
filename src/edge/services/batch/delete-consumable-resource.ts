/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DeleteConsumableResource.html */
import { deleteConsumableResource as remove } from '../../../core/consumable-resource/decide.ts'
import { defineOperation } from '../../operation.ts'
import { executeQuietly } from './execute.ts'
import { resourceArn } from './resource-arn.ts'

export const deleteConsumableResource = defineOperation('batch', 'DeleteConsumableResource', {
  resource: (input, { backend }) => resourceArn(backend, 'consumable-resource', input.consumableResource),
  handle: (input, context) => executeQuietly(context, 'DeleteConsumableResource', remove(input.consumableResource)),
})
