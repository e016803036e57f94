/**
 * Finds the log group that an input means, by name or by ARN, and makes the ARNs of groups and
 * streams.
 */
import { invalidParameter, noSuchGroup } from '../../../logs/log-refusal.ts'
import type { Account } from '../../../model/arn.ts'
import type { Refusal } from '../../../model/refusal.ts'
import { complainOfGroupName, complainOfLength } from './constraints.ts'

interface GroupInput {
  readonly logGroupName?: string
  readonly logGroupIdentifier?: string
}

const identifierLengthMax = 2048

/**
 * Returns the group's name. Refuses unless exactly one of name and identifier is present and valid.
 * An ARN of another account names no group here.
 */
export function groupOf(
  { logGroupName: name, logGroupIdentifier: identifier }: GroupInput,
  of: Account,
): string | Refusal {
  if (name !== undefined && identifier !== undefined) {
    return invalidParameter('LogGroup name and LogGroup ARN are mutually exclusive parameters.')
  }
  if (name !== undefined) return complainOfGroupName('logGroupName', name) ?? name
  if (identifier === undefined) {
    return invalidParameter('Either logGroupName or logGroupIdentifier must be specified.')
  }
  const complaint = complainOfLength('logGroupIdentifier', identifier, 1, identifierLengthMax)
  const named = groupNamed(identifier)
  const refusal = complaint ?? complainOfGroupName('logGroupIdentifier', named)
  return refusal ?? (isElsewhere(identifier, of) ? noSuchGroup() : named)
}

function isElsewhere(identifier: string, of: Account): boolean {
  const account = /^arn:[a-z-]+:logs:[a-z0-9-]*:(\d*):/.exec(identifier)?.[1]
  return account !== undefined && account !== of.account
}

/** A group's ARN may end in `:*`. */
function groupNamed(identifier: string): string {
  return /^arn:[a-z-]+:logs:[a-z0-9-]*:\d*:log-group:([^:]*)(?::\*)?$/.exec(identifier)?.[1] ?? identifier
}

/** The resource for authorisation, which happens before the input's meaning is checked. */
export function groupResource(of: Account, { logGroupName, logGroupIdentifier }: GroupInput): string {
  return `${groupArn(of, logGroupName ?? groupNamed(logGroupIdentifier ?? '*'))}:*`
}

export function groupArn({ region, account }: Account, group: string): string {
  return `arn:aws:logs:${region}:${account}:log-group:${group}`
}

export function streamArn(of: Account, group: string, stream: string): string {
  return `${groupArn(of, group)}:log-stream:${stream}`
}
