/** Environment variables, in definitions and overrides alike. */
import { type Complaint, firstComplaint } from '../../../model/complaint.ts'
import type { KeyValuePair } from '../../../model/generated/batch.ts'

/** `member` says where the list stands in the request. Secrets are variables too. */
export function checkEnvironment(
  environment: readonly Pick<KeyValuePair, 'name'>[] | undefined,
  member: string,
): Complaint {
  return firstComplaint(environment, ({ name }, index) => {
    if (!name) return `${member}[${index}].name must not be empty.`
    // The engines take `NAME=value`, so a name with = in it would set another variable.
    if (/[=\0]/.test(name)) return `${member}[${index}].name is not valid: ${name}`
    // https://docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html; the live text was not captured.
    return isReserved(name)
      ? `Environment variable ${name} is not valid. Environment variables cannot start with AWS_BATCH.`
      : undefined
  })
}

export function isReserved(name: string): boolean {
  return name.startsWith('AWS_BATCH')
}

/**
 * Drops variables without a value, as AWS does:
 * https://github.com/hashicorp/terraform-provider-aws/pull/29820. Those of a pod stay, because
 * Kubernetes keeps them. Returns the same list if there are none to drop.
 */
export function withValues(environment: readonly KeyValuePair[]): readonly KeyValuePair[] {
  return environment.every(({ value }) => value) ? environment : environment.filter(({ value }) => value)
}
