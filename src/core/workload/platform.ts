/** The machines that a definition requires: its one platform capability, EC2 by default. */
import type { Complaint } from '../../model/complaint.ts'
import type { PlatformCapability } from '../../model/generated/batch.ts'

const capabilities: readonly string[] = ['FARGATE', 'EC2', 'MANAGED_INSTANCES']

export function checkPlatformCapabilities(given: readonly string[] | undefined): Complaint {
  if (!given || given.length === 0) return undefined
  const unknown = given.find((capability) => !capabilities.includes(capability))
  if (unknown !== undefined) {
    return `Capability ${unknown} is not valid. Valid capabilities: [${capabilities.join(', ')}]`
  }
  return given.length > 1 ? 'Exactly 1 capability must be provided.' : undefined
}

/** Expects a definition that passed the check. */
export function platformOf(given: readonly PlatformCapability[] | undefined): PlatformCapability {
  return given?.[0] ?? 'EC2'
}
