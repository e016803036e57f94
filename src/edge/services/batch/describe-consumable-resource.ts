/** https://docs.aws.amazon.com/batch/latest/APIReference/API_DescribeConsumableResource.html */
import {
  describeConsumableResource as describe,
  findConsumableResource,
} from '../../../core/consumable-resource/read.ts'
import { consumableResourceNotFound } from '../../../core/reference.ts'
import { defineOperation } from '../../operation.ts'
import { resourceArn } from './resource-arn.ts'

export const describeConsumableResource = defineOperation('batch', 'DescribeConsumableResource', {
  resource: (input, { backend }) => resourceArn(backend, 'consumable-resource', input.consumableResource),
  handle(input, { backend }) {
    const { state } = backend.loop
    const found = findConsumableResource(state, input.consumableResource)
    return found ? describe(state, found) : consumableResourceNotFound(input.consumableResource)
  },
})
