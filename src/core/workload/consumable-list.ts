/**
 * The consumable resources that a job uses:
 * https://docs.aws.amazon.com/batch/latest/userguide/resource-aware-scheduling.html
 */
import { type Complaint, firstComplaint } from '../../model/complaint.ts'
import type { ConsumableResourceProperties } from '../../model/generated/batch.ts'

/** With AWS's empty list. */
export function normaliseConsumables(properties: ConsumableResourceProperties): ConsumableResourceProperties {
  return { consumableResourceList: properties.consumableResourceList ?? [] }
}

/** At most five, each once. The live texts were not captured. */
export function checkConsumableResources(properties: ConsumableResourceProperties | undefined): Complaint {
  const list = properties?.consumableResourceList ?? []
  if (list.length > 5) return 'Maximum allowed size of consumableResourceList is 5'
  const seen = new Set<string>()
  return firstComplaint(list, ({ consumableResource, quantity }, index) => {
    const member = `consumableResourceList[${index}]`
    if (!consumableResource) return `${member}.consumableResource must not be empty.`
    if (seen.has(consumableResource))
      return `Cannot provide duplicates in consumableResourceList: ${consumableResource}`
    seen.add(consumableResource)
    return (quantity ?? 0) >= 1 ? undefined : `${member}.quantity must be at least 1, got ${quantity ?? 0}.`
  })
}
