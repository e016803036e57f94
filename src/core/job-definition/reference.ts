/**
 * The `jobDefinition` of a request: `name`, `name:revision`, or an ARN with or without the
 * revision.
 */
import { type Account, parseArn } from '../../model/arn.ts'
import { isResourceName } from '../../model/names.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'

export interface JobDefinitionReference {
  readonly name: string
  /** Absent: the newest ACTIVE revision. */
  readonly revision?: number
}

/**
 * The region of an ARN is ignored, so ARNs written for another region keep working. An ARN of
 * another account leads nowhere: its name is the ARN itself, which no definition has.
 */
export function parseJobDefinitionReference(text: string, of: Account): JobDefinitionReference | Refusal {
  const arn = parseArn(text)
  const unsupported = refuse(`Provided name ${text} is not supported pattern[a-zA-Z_0-9-]{1,128}`)
  if (arn && arn.kind !== 'job-definition') return unsupported
  const match = /^([^:]+)(?::([0-9]{1,9}))?$/.exec(arn?.name ?? text)
  const name = match?.[1] ?? ''
  if (!isResourceName(name)) return unsupported
  const revision = match?.[2] === undefined ? {} : { revision: Number(match[2]) }
  if (!arn || arn.account === of.account) return { name, ...revision }
  return { name: text.replace(/:[0-9]+$/, ''), ...revision }
}

/**
 * There is no ACTIVE revision: the definition was never registered or is deregistered, or the named
 * revision is.
 */
export function jobDefinitionNotFound({ name, revision }: JobDefinitionReference): Refusal {
  const asked = revision === undefined ? name : `${name}:${revision}`
  return refuse(`JobDefinition name ${asked} does not exist or is not in ACTIVE status`)
}
