/**
 * Refusals of a submission that the live service was seen to return without its wrapping. All
 * others are wrapped.
 */
import { type Refusal, refuse, refuseWrapped } from '../../model/refusal.ts'

/** https://github.com/boto/boto3/issues/3612 */
export const emptyCommand = 'Command cannot be empty'
/** https://github.com/nextflow-io/nextflow/issues/5817 */
export const overridesOfAnotherKind = 'Container overrides or node overrides should not be set for Batch on EKS jobs.'
/** https://github.com/hashicorp/terraform-provider-aws/issues/31226 */
export const priorityMissing = 'Either schedulingPriority in job definition or schedulingPriorityOverride is required.'

const bare: readonly string[] = [emptyCommand, overridesOfAnotherKind, priorityMissing]

export function refuseSubmission(complaint: string): Refusal {
  return bare.includes(complaint) ? refuse(complaint) : refuseWrapped(complaint)
}
