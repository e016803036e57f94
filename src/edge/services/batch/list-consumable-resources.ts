/** https://docs.aws.amazon.com/batch/latest/APIReference/API_ListConsumableResources.html */
import { summariseConsumableResource } from '../../../core/consumable-resource/read.ts'
import { isRefusal } from '../../../model/refusal.ts'
import { defineOperation } from '../../operation.ts'
import { matchesText, readFilters } from './filters.ts'
import { page } from './paging.ts'

export const listConsumableResources = defineOperation('batch', 'ListConsumableResources', {
  resource: () => '*',
  handle(input, { backend }) {
    const { state } = backend.loop
    const filters = readFilters(input.filters, ['CONSUMABLE_RESOURCE_NAME'])
    if (isRefusal(filters)) return filters
    const wanted = filters.CONSUMABLE_RESOURCE_NAME
    const all = [...state.consumableResources.values()]
      .filter(({ name }) => wanted === undefined || matchesText(name, wanted))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    const result = page(all, ({ name }) => name, input, ['ListConsumableResources', filters])
    if (isRefusal(result)) return result
    const { items, ...rest } = result
    return { consumableResources: items.map((resource) => summariseConsumableResource(state, resource)), ...rest }
  },
})
