/** Which log group an input means, by name or by ARN, and the ARNs of groups and streams. */
import { invalidParameter, noSuchGroup } from '../../../logs/log-refusal.ts'
import type { Account } from '../../../model/arn.ts'
import type { Refusal } from '../../../model/refusal.ts'
import { complainOfGroupName, complainOfLength } from './constraints.ts'

interface GroupInput {
  readonly logGroupName?: string
  readonly logGroupIdentifier?: string
}

const identifierLengthMax = 2048

/** The group's name. Refuses unless exactly one of name and identifier is there, and sound; an ARN of another account names no group here. */
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

/** A group's ARN comes with and without `:*` at its end. */
function groupNamed(identifier: string): string {
  return /^arn:[a-z-]+:logs:[a-z0-9-]*:\d*:log-group:([^:]*)(?::\*)?$/.exec(identifier)?.[1] ?? identifier
}

/** For the question whether the caller may, which is asked before the input's sense is looked at. */
export function groupResource(of: Account, { logGroupName, logGroupIdentifier }: GroupInput): string {
  return `${groupArn(of, logGroupName ?? groupNamed(logGroupIdentifier ?? '*'))}:*`
}

export function groupArn({ region, account }: Account, group: string): string {
  return `arn:aws:logs:${region}:${account}:log-group:${group}`
}

export function streamArn(of: Account, group: string, stream: string): string {
  return `${groupArn(of, group)}:log-stream:${stream}`
}
