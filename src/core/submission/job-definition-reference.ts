/** The `jobDefinition` of a request: `name`, `name:revision`, or an ARN with or without the revision. */
import { parseArn } from '../../model/arn.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'

export interface JobDefinitionReference {
  readonly name: string
  /** Absent: the newest ACTIVE revision is meant. */
  readonly revision?: number
}

/** An ARN's account and region are not looked at: a server is one account, and ARNs written for AWS keep working. */
export function parseJobDefinitionReference(text: string): JobDefinitionReference | Refusal {
  const arn = parseArn(text)
  const unsupported = refuse(`Provided name ${text} is not supported pattern[a-zA-Z_0-9-]{1,128}`)
  if (arn && arn.kind !== 'job-definition') return unsupported
  const match = /^([^:]+)(?::([0-9]{1,9}))?$/.exec(arn?.name ?? text)
  const name = match?.[1] ?? ''
  if (!isResourceName(name)) return unsupported
  return match?.[2] === undefined ? { name } : { name, revision: Number(match[2]) }
}

/** No ACTIVE revision is there: never registered, deregistered, or that revision is. */
export function jobDefinitionNotFound({ name, revision }: JobDefinitionReference): Refusal {
  const asked = revision === undefined ? name : `${name}:${revision}`
  return refuse(`JobDefinition name ${asked} does not exist or is not in ACTIVE status`)
}
