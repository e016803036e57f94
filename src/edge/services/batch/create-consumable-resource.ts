/** https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateConsumableResource.html */
import { createConsumableResource as create } from '../../../core/consumable-resource/decide.ts'
import { arn } from '../../../model/arn.ts'
import { defineOperation } from '../../operation.ts'
import { execute } from './execute.ts'

export const createConsumableResource = defineOperation('batch', 'CreateConsumableResource', {
  resource: (input, { backend }) => arn(backend, 'consumable-resource', input.consumableResourceName),
  handle: (input, context) => execute(context, 'CreateConsumableResource', create(input)),
})
